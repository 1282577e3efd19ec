"""How many executions of which case, under which ids, in which order: the same for the same seed."""

import random
from dataclasses import dataclass

from demo.bad_events import BadEvent, bad_events
from demo.cases import BURST_LIMIT, BURST_SLUG, CASES, Case
from demo.executions import Execution
from stack_client import Transport, alternating

LEAST_BURST = BURST_LIMIT + 3
"""A burst that does not go beyond the limit would show nothing."""


@dataclass(frozen=True)
class Workload:
    """All that the demo plays."""

    executions: tuple[Execution, ...]
    """In sending order; later waves last."""
    bad_events: tuple[BadEvent, ...]


def plan(executions: int, seed: int) -> Workload:
    """A workload of about so many executions; at least one of each case."""
    rng = random.Random(seed)
    made = [_execution(case, seed, number, rng) for case in CASES for number in range(_count(case, executions))]
    # The burst goes first: its slots are held while the rest of the demo passes by.
    order = {execution.id: rng.random() for execution in made}
    made.sort(key=lambda each: (each.case.wave, each.case.slug != BURST_SLUG, order[each.id]))
    return Workload(tuple(made), tuple(bad_events(seed)))


def _count(case: Case, executions: int) -> int:
    count = max(1, round(case.share * executions))
    if case.slug == BURST_SLUG:
        return max(LEAST_BURST, count)
    # A second burst as large as the limit is all that fits.
    return min(count, BURST_LIMIT) if case.wave else count


def _execution(case: Case, seed: int, number: int, rng: random.Random) -> Execution:
    """The transport follows from the id, so an id is taken that fits where a case needs one of them."""
    script = rng.choice(case.scripts)
    for attempt in range(64):
        execution_id = f"{case.slug}-{seed}-{number:03d}" + (f"-{attempt}" if attempt else "")
        transport = alternating(execution_id)
        if case.transport in {None, transport}:
            return Execution(execution_id, case, script, transport)
    return Execution(execution_id, case, script, case.transport or Transport.EVENTBRIDGE)
