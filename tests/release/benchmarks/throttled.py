"""Full on-demand Kafka batches on a share of a processor, really: `python -m tests.release.benchmarks.throttled`.

Lambda gives a function its share as Linux does any group: it may run until its share of a period is used, and stands
still for the rest. `on_a_share` does so to a process that runs the real handler over the real SDK, whose calls take as
long as AWS's do. The handler's clock goes on while it stands still, as on Lambda.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.kafka_batch import BatchUnfinished
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import kafka
from tests.release.benchmarks.canned import CannedAws
from tests.release.benchmarks.fresh_processes import ENVIRONMENT, ROOT
from tests.release.benchmarks.scenes import SILENCE, ordinary

PERIOD_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 0.004
_LATENCY: Final = 0.005


def on_a_share(share: float, records: int, batch: int, seconds: int) -> list[dict[str, Any]]:
    """Each delivery of so many records, in batches of `batch` at most, to a function that may take `seconds`."""
    command = [sys.executable, "-m", "tests.release.benchmarks.throttled", *map(str, (records, batch, seconds))]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            if child.stdout is None or child.stdin is None or child.stdout.readline() != "made\n":
                message = "the process could not prepare its batches"
                raise RuntimeError(message)
            child.stdin.write("go\n")  # making the records is the producers' work, and is not throttled
            child.stdin.flush()
            _hold_to(share, child)
            return [json.loads(line) for line in child.stdout]
        finally:
            if child.poll() is None:
                child.kill()


def _hold_to(share: float, child: "subprocess.Popen[str]") -> None:
    """Until it ends: in each period it stands still as soon as its share of that period is used."""
    while child.poll() is None:
        ends, may_use = time.monotonic() + PERIOD_SECONDS, _used(child.pid) + share * PERIOD_SECONDS
        while time.monotonic() < ends and _used(child.pid) < may_use and child.poll() is None:
            time.sleep(_LOOK_SECONDS)
        overdrawn = max(0.0, _used(child.pid) - may_use) / share  # what it got beyond its share, it stands off
        if child.poll() is None:
            child.send_signal(signal.SIGSTOP)
            time.sleep(max(0.0, ends - time.monotonic()) + overdrawn)
            child.send_signal(signal.SIGCONT)


def _used(pid: int) -> float:
    """Seconds of processor time, all threads together; of one that has just ended, none."""
    try:
        nanoseconds = [int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        return 0.0
    return sum(nanoseconds) / 1e9


def _deliveries(records: int, batch: int, seconds: int) -> Iterator[dict[str, Any]]:
    """Batches until every one has been acknowledged; one that is not would come again and again, and ends it here."""
    aws = CannedAws(latency=_LATENCY)
    function = EventFunction(aws.at, EventType.REQUESTED)
    batches = [
        kafka(*(ordinary("EXECUTION_REQUESTED", f"execution-{each}") for each in range(start, start + batch)))
        for start in range(0, records, batch)
    ]
    sys.stdout.write("made\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for each in batches:
        began, cpu = time.monotonic(), time.process_time()
        ends = began + seconds

        def left(ends: float = ends) -> int:
            return int((ends - time.monotonic()) * 1000)

        try:
            with redirect_stdout(SILENCE):
                function.run(each, Context(left))
            acknowledged = True
        except BatchUnfinished:
            acknowledged = False
        took = time.monotonic() - began
        yield {"acknowledged": acknowledged, "seconds": took, "cpu": time.process_time() - cpu, "records": batch}
        if not acknowledged:
            return


def main() -> None:
    records, batch, seconds = map(int, sys.argv[1:])
    for delivery in _deliveries(records, batch, seconds):
        sys.stdout.write(json.dumps(delivery) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
