"""Events that must not take effect: malformed, from a source that may not send them, or nothing at all."""

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.scenario import (
    ADMIN,
    CANCELLED,
    COMPLETED,
    FAILED,
    OPERATOR_SOURCE,
    REQUESTED,
    STARTED,
    TIMEOUT,
    TYPES,
    Execution,
    Inbound,
    envelope,
    report,
)

_TYPES = (STARTED, COMPLETED, FAILED, TIMEOUT)


def poison_events(dice: random.Random, plan: Plan, next_number: Callable[[], int]) -> Iterator[Inbound]:
    """One for some of the executions: of a type that a batch of theirs has, and never to take effect."""
    for execution in plan.executions:
        yield _poison(dice, plan, execution, next_number())


def foreign_events(dice: random.Random, plan: Plan, next_number: Callable[[], int]) -> Iterator[Inbound]:
    """One for each execution, sound in itself: from somebody who is neither platform nor operator, or not for him."""
    for execution in plan.executions:
        yield _foreign(dice, execution, next_number())


def _foreign(dice: random.Random, execution: Execution, number: int) -> Inbound:
    # An operator may cancel, but does not speak for pods or for those who request.
    source = dice.choice((OPERATOR_SOURCE, OPERATOR_SOURCE, "Executions", "executions.test", "somebody"))
    types = [each for each in TYPES if each != CANCELLED] if source == OPERATOR_SOURCE else TYPES
    event_type, identity = dice.choice(types), f"foreign-{number}"
    at = execution.request.at + dice.choice((dice.randrange(-5_000, 3_000), dice.randrange(60_000)))
    if event_type == REQUESTED:
        # What was really requested, told by somebody else.
        inbound = replace(execution.request, number=number, event_id=identity, at=at, label="foreign")
        inbound.detail = {**(execution.request.detail or {}), "event_id": identity}
    else:
        inbound = report(number, identity, event_type, execution.id, at)
        if event_type == CANCELLED and inbound.detail is not None:
            inbound.detail["cancelled_by"] = inbound.actor = ADMIN
    inbound.source, inbound.must_reject, inbound.accepts = source, True, frozenset({"foreign_source"})
    return inbound


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
            inbound.detail |= {"timeout_seconds": "soon", "event_id": f"{identity} and more"}
            inbound.accepts = frozenset({"malformed"})
    return inbound
