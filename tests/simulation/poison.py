"""Neighbours that a batch should not have: malformed, foreign, or nothing at all."""

import base64
import random
from collections.abc import Callable, Iterator

from tests.simulation.plan import Plan
from tests.simulation.scenario import COMPLETED, FAILED, STARTED, TIMEOUT, Execution, Inbound, envelope, report

_TYPES = (STARTED, COMPLETED, FAILED, TIMEOUT)


def poison_events(dice: random.Random, plan: Plan, next_number: Callable[[], int]) -> Iterator[Inbound]:
    """One for some of the executions: of a type that a batch of theirs has, and never to take effect."""
    for execution in plan.executions:
        yield _poison(dice, plan, execution, next_number())


def _poison(dice: random.Random, plan: Plan, execution: Execution, number: int) -> Inbound:
    at = execution.request.at + dice.randrange(-3_000, 20_000)
    event_type, identity = dice.choice(_TYPES), f"poison-{number}"
    inbound = report(number, identity, event_type, execution.id, at)
    inbound.must_reject = True
    raw_allowed = plan.transport == "kafka" and plan.settings["TOPIC_LAYOUT"] == "per-type"
    match dice.randrange(4) if raw_allowed else 0:
        case 1:
            inbound.detail, inbound.raw = None, base64.b64encode(b"{not json").decode()
            inbound.accepts = frozenset({"not_json"})
        case 2:
            inbound.detail, inbound.raw = None, "*no base64*"
            inbound.accepts = frozenset({"not_base64"})
        case 3:
            inbound.detail, inbound.raw = None, None
            inbound.ignored, inbound.must_reject = True, False
        case _:
            inbound.detail = envelope(identity, event_type, execution.id, at) | {"exit_code": "0", "pod_name": 7}
            inbound.detail |= {"timeout_seconds": "soon"}
            inbound.accepts = frozenset({"malformed"})
    return inbound
