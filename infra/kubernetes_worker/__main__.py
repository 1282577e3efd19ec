"""`python -m kubernetes_worker`: takes commands until it is told to stop. What it has begun goes on without it."""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException

from kubernetes_worker.api import Conflict, KubernetesApi, NotThere
from kubernetes_worker.desk import Desk
from kubernetes_worker.options import BadOption, Options
from kubernetes_worker.transports import NotAccepted, from_kafka, from_queue, publisher, reader
from kubernetes_worker.watching import LOG, Watcher

_THREADS = 16


def main() -> int:
    """Run until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        options = Options.from_environment()
    except BadOption as bad:
        sys.stderr.write(f"kubernetes_worker: {bad}\n")
        return 2
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    work(options, stopping)
    return 0


def work(options: Options, stopping: threading.Event) -> None:
    """The watch and the sweeps beside the commands, which this thread takes."""
    api = KubernetesApi(options.server, options.namespace, options.token, options.authority)
    publish = publisher(options, stopping)
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="report")
    watcher = Watcher(api, publish, stopping, pool)
    desk = Desk(api, publish, reader(), options.remember, pool)
    for loop in (watcher.follow, watcher.sweep, watcher.forget):
        threading.Thread(target=loop, name=loop.__name__, daemon=True).start()
    source = from_kafka(options, stopping) if options.kafka_bootstrap else from_queue(options, stopping)
    LOG.info("ready")
    for body, obeyed in source:
        if _obey(desk, body, stopping):
            _note(obeyed)
    pool.shutdown(wait=False, cancel_futures=True)


def _note(obeyed: Callable[[], object]) -> None:
    """Where it cannot be noted, as when the group has just been given to others, the command comes again: harmless."""
    try:
        obeyed()
    except (KafkaException, ClientError, BotoCoreError) as error:
        LOG.warning("an obeyed command will come again: %s", type(error).__name__)


def _obey(desk: Desk, body: object, stopping: threading.Event) -> bool:
    """Insist: a command that was taken is obeyed, or comes again."""
    while not stopping.is_set():
        try:
            became = desk.obey(body)
            LOG.log(logging.WARNING if became.startswith("dropped") else logging.INFO, became)
        except (httpx.HTTPError, NotThere, Conflict, NotAccepted) as error:
            LOG.warning("a command is not obeyed yet: %s", type(error).__name__)
            stopping.wait(1)
        else:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
