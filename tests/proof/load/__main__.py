"""`python -m tests.proof.load` prints the figures of every run at full size; `--soak MINUTES` runs the soak alone."""

import argparse
import sys

from tests.proof.load.figures import table
from tests.proof.load.lives import many_lives
from tests.proof.load.outages import relay_off_for_a_day, throttled_minute
from tests.proof.load.rushes import due_sagas, rush_for_a_limit, rush_for_one_saga
from tests.proof.load.sizes import FULL
from tests.proof.load.soak import soak_for


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.load", description=__doc__)
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="run wave after wave for so long")
    minutes = parser.parse_args().soak
    if minutes is not None:
        rows = [soak_for(minutes)]
    else:
        rows = [
            many_lives(FULL.lives),
            rush_for_a_limit(FULL.requests, FULL.limit),
            rush_for_one_saga(FULL.deliveries),
            due_sagas(FULL.due),
            throttled_minute(FULL.requests),
            relay_off_for_a_day(FULL.requests),
        ]
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
