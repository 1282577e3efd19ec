"""`python -m tests.contracts.observe [endpoint]`: every case's observation, as JSON, on an endpoint or on raw moto.

A process of its own, because moto's repairs are patches of its classes: the test process has no raw moto any more.
"""

import json
import sys
from collections.abc import Callable

from tests.contracts.case import observed
from tests.contracts.differences import shown
from tests.contracts.stand_ins import Clients, ThroughTheSdk, moto_clients
from tests.contracts.subject import Subject
from tests.contracts.suite import CASES


def observations(subject: Callable[[], Subject]) -> dict[str, str]:
    return {case.name: shown(observed(case, subject())) for case in CASES}


def main(arguments: list[str]) -> None:
    if arguments:
        clients = Clients(arguments[0])
        found = observations(lambda: ThroughTheSdk(clients))
    else:
        with moto_clients(repaired=False) as clients:
            found = observations(lambda: ThroughTheSdk(clients))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
