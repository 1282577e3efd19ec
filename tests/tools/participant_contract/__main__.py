"""`python -m tests.tools.participant_contract`: the kit against the local participant, as two programs on a bus."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local_participant import ParticipantOptions, ParticipantProcess
from tests.tools.worker.contract.__main__ import BUS, REGION, emulated_aws, play

STOCK = ("--command", "RESERVE_STOCK_COMMAND", "--undo", "RELEASE_STOCK_COMMAND", "--key-field", "order_id")


@contextmanager
def local_participant(endpoint: str) -> Iterator[None]:
    participant = ParticipantProcess(ParticipantOptions(aws_endpoint=endpoint, region=REGION, event_bus=BUS))
    participant.start()
    try:
        yield
    finally:
        participant.stop()


def over_the_bus(endpoint: str, *options: str) -> subprocess.CompletedProcess[str]:
    where = ("--bus", BUS, "--endpoint-url", endpoint, "--region", REGION)
    return play(*where, *STOCK, "--quiet", "1", *options, kit="saga_testing.participant_contract")


def main() -> int:
    with emulated_aws() as endpoint, local_participant(endpoint):
        done = over_the_bus(endpoint)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
