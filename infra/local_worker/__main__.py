"""The worker as a program of its own: `python -m local_worker '{"aws_endpoint": ...}'`.

It reports `ready`, what happens to pods, and the counts at the end.
"""

import sys
from dataclasses import asdict
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from local_worker.process_options import WorkerOptions
from local_worker.worker import PodNews, Worker, WorkerClients, WorkerSettings
from stack_client import tell_starter, told_to_stop, wait_for


def main() -> int:
    """Run until told to stop."""
    options = WorkerOptions.from_json(sys.argv[1])
    clients = _clients(options)
    publisher, kafka = options.publisher(clients.events)
    worker = Worker(clients, _settings(options), publisher, _report)
    stopping = told_to_stop()
    try:
        worker.start()
    except (ClientError, BotoCoreError) as error:
        tell_starter({"kind": "failed", "reason": str(error)})
        return 1
    tell_starter({"kind": "ready"})
    wait_for(stopping)
    counts = worker.stop()
    if kafka is not None:
        kafka.close()
    tell_starter({"kind": "counts", **asdict(counts)})
    return 0


def _clients(options: WorkerOptions) -> WorkerClients:
    connections = options.concurrency + 4
    return WorkerClients(
        events=options.client("events", connections),
        sqs=options.client("sqs", connections),
        s3=options.client("s3", connections),
    )


def _settings(options: WorkerOptions) -> WorkerSettings:
    return WorkerSettings(
        event_bus=options.event_bus,
        concurrency=options.concurrency,
        remember_deletes_for=timedelta(seconds=options.remember_deletes_seconds),
        faults=options.faults,
    )


def _report(news: PodNews) -> None:
    tell_starter({"kind": "pod", "what": news.what, "execution_id": news.execution_id})


if __name__ == "__main__":
    sys.exit(main())
