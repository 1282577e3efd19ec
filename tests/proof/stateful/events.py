"""The events that a run draws: what the platform, users and operators send about a few executions."""

from enum import StrEnum
from typing import Any, Final

from tests.proof.simulation.world.scenario import (
    ADMIN,
    CANARY,
    CANCELLED,
    OPERATOR_SOURCE,
    REQUESTED,
    RUNTIME,
    STRANGER,
    Inbound,
    envelope,
    report,
)

LANGUAGE_OF: Final = {"ex-1": "python", "ex-2": "python", "ex-3": "python", "ex-4": "node"}
"""Three that compete for one slot, and one that has a slot of its own."""
OWNER: Final = "alice"
SCRIPT: Final = f"print('{CANARY}')"
MAX_AGE_SECONDS: Final = 7200
YEAR_MS: Final = 365 * 86_400_000


class Content(StrEnum):
    """What a request says. Those that a saga is made of are told apart: one of them takes effect."""

    SOUND = "sound"
    OTHER_SCRIPT = "another script"
    OTHER_OWNER = "another owner"
    TOO_LONG = "wants to run too long"
    EMPTY = "has no script"
    OLD = "was asked for long ago"
    FUTURE = "is from the future"
    MALFORMED = "is malformed"


class Actor(StrEnum):
    OWNER = OWNER
    STRANGER = STRANGER
    ADMIN = ADMIN
    OPERATOR = "operator"
    NOBODY = "nobody"


def request(number: int, execution_id: str, content: Content, now: int) -> Inbound:
    owner = "bob" if content is Content.OTHER_OWNER else OWNER
    moment = {Content.OLD: now - (MAX_AGE_SECONDS + 1800) * 1000, Content.FUTURE: now + YEAR_MS}.get(content, now)
    detail: dict[str, Any] = envelope(f"evt-{number}", REQUESTED, execution_id, moment, owner) | dict(RUNTIME)
    detail |= {"language": LANGUAGE_OF[execution_id], "timeout_seconds": 30, "script": SCRIPT}
    inbound = Inbound(number, f"evt-{number}", REQUESTED, execution_id, now, detail)
    # When something was sent is not part of what it says: an old request and a new one have the same content.
    inbound.content = 0 if content is Content.OLD else list(Content).index(content)
    match content:
        case Content.OTHER_SCRIPT:
            detail["script"] += "# other"
        case Content.TOO_LONG:
            detail["timeout_seconds"], inbound.refusal = 301, "timeout_too_long"
        case Content.EMPTY:
            detail["script"], inbound.refusal = "", "script_empty"
        case Content.FUTURE:
            inbound.must_reject, inbound.accepts = True, frozenset({"timestamp_in_future"})
        case Content.MALFORMED:
            detail["metadata"] = None
            inbound.must_reject, inbound.accepts = True, frozenset({"malformed"})
        case _:
            pass
    return inbound


def cancel(number: int, execution_id: str, actor: Actor, now: int) -> Inbound:
    inbound = report(number, f"evt-{number}", CANCELLED, execution_id, now)
    detail = inbound.detail or {}
    match actor:
        case Actor.OPERATOR:
            inbound.source = OPERATOR_SOURCE
        case Actor.NOBODY:
            inbound.must_reject, inbound.accepts = True, frozenset({"no_actor"})
        case _:
            # Who may cancel depends on the saga; the ledger allows the refusal of those who may not.
            inbound.actor = detail["cancelled_by"] = str(actor)
    return inbound
