"""Oracles that judge a saga against what was asked and told, not against itself: owners, endings, deadlines, expiry."""

from typing import Any, Final

from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.sources.check_schedule import CHECK_MS
from tests.proof.simulation.world.ledger import Ledger, Write
from tests.proof.simulation.world.saga_image import SagaImage
from tests.proof.simulation.world.scenario import CAUSE_OF, Inbound

REASON_OF: Final = {"C": "execution_completed", "F": "execution_failed", "T": "execution_timeout", "X": "cancelled"}
LATEST_CALM_MS: Final = CHECK_MS + 5_000
"""A tick each minute, up to two seconds late, and the calls of its run."""
DAY_SECONDS: Final = 86_400
TOLERANCE_MS: Final = 900_000
"""How far a sender may be ahead of a function, as the contract says."""


def _ends(write: Write) -> bool:
    return write.new is not None and write.new.is_terminal and not (write.old is not None and write.old.is_terminal)


@oracle("S13c", When.WRITE, "the owner is whoever the request names, and nobody else")
def owner_of_the_request(ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or new.is_stub or (old is not None and not old.is_stub):
        return UNCONCERNED
    asked = _told(ledger, new, "R", new.timeline[-1].event_id)
    owners = [(each.detail or {}).get("metadata", {}).get("user_id") for each in asked]
    return None if new.owner in owners else f"{new.key} belongs to {new.owner}, and it was requested by {owners}"


@oracle("S3c", When.WRITE, "exit code, error type, reason and actor of an ending are those of the event that ended it")
def ends_as_told(ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None or not _ends(write):
        return UNCONCERNED
    found = {"reason": new.text("reason"), "exit": new.number("exit"), "by": new.text("by")}
    if "etype" not in write.invocation.container.version.unknown_attributes:
        found["etype"] = new.text("etype")
    allowed = _endings(ledger, new)
    if any(all(found[name] == told.get(name) for name in found) for told in allowed):
        return None
    return f"{new.key} ended with {found}, and was told {allowed}"


@oracle("S10d", When.REJECTED, "a request is set aside for its time only if that is further ahead than is let pass")
def too_far_ahead(ledger: Ledger, inbound: Inbound | None, pointer: dict[str, Any]) -> str | None:
    by = ledger.rejecter
    if inbound is None or by is None or pointer["reason"] != "timestamp_in_future":
        return UNCONCERNED
    ahead = inbound.requested_at - (by.started + by.container.offset_ms)
    return None if ahead > TOLERANCE_MS else f"{inbound.event_id} was set aside, {ahead} ms ahead of the function"


@oracle("S10e", When.WRITE, "a request whose time is further ahead than is let pass is not taken")
def not_too_far_ahead(ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or new.is_stub or (old is not None and not old.is_stub):
        return UNCONCERNED
    clock = write.now + write.invocation.container.offset_ms
    asked = [each.requested_at for each in _told(ledger, new, "R", new.timeline[-1].event_id)]
    ahead = min(asked, default=0) - clock
    return None if ahead <= TOLERANCE_MS else f"{new.key} was requested {ahead} ms ahead of its function's clock"


def _endings(ledger: Ledger, saga: SagaImage) -> list[dict[str, Any]]:
    """What it may say of its end. A request may end for what was remembered before it, or for want of room."""
    last = saga.timeline[-1]
    if last.cause == "D":
        started = any(entry.cause == "S" for entry in saga.timeline)
        return [{"reason": "run_deadline_passed" if started else "start_deadline_passed"}]
    if last.cause != "R":
        return [_ending(told) for told in _told(ledger, saga, last.cause, last.event_id)]
    early = [entry for entry in saga.timeline[:-1] if entry.cause != "S"]
    told = [each for entry in early for each in _told(ledger, saga, entry.cause, entry.event_id)]
    settings = {"language_closed", "language_not_allowed", "timeout_too_long"} if ledger.plan.later_settings else set()
    settings |= {"language_closed"} if ledger.overrides.any else set()
    refused = {
        "limit_reached",
        "expired",
        *settings,
        *(each.refusal for each in _told(ledger, saga, "R", last.event_id)),
    }
    return [*map(_ending, told), *({"reason": reason} for reason in sorted(filter(None, refused)))]


def _ending(told: Inbound) -> dict[str, Any]:
    ending = {"reason": REASON_OF[CAUSE_OF[told.type]], "exit": told.exit_code, "etype": told.error_type}
    return ending | {"by": told.actor}


def _told(ledger: Ledger, saga: SagaImage, cause: str, event_id: str) -> list[Inbound]:
    """The events of that id: a sender that repeats itself may say it in other words."""
    sent = ledger.by_execution.get(saga.key, ())
    return [each for each in sent if each.event_id == event_id and CAUSE_OF[each.type] == cause]


@oracle("S10c", When.WRITE, "the first deadline is the start deadline, or the run deadline when it had started before")
def first_deadline(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or new.state != "running" or (old is not None and not old.is_stub):
        return UNCONCERNED
    settings, started = write.invocation.container.settings, any(entry.cause == "S" for entry in new.timeline)
    runs = int(new.image["req"]["M"]["tmo"]["N"]) + settings.run_grace_seconds
    waits = (runs if started else settings.start_deadline_seconds) * 1000
    found = (new.number("deadline") or 0) - (new.number("created") or 0)
    return None if found == waits else f"{new.key} is first due after {found} ms instead of {waits}"


@oracle("S15c", When.WRITE, "nothing is kept for longer than its retention, or than a request could still come")
def expires_in_time(ledger: Ledger, write: Write) -> str | None:
    new = write.new
    expires = new.number("expires") if new is not None else None
    if new is None or expires is None or not (_ends(write) or write.old is None):
        return UNCONCERNED
    clock, days = (
        write.now + write.invocation.container.offset_ms,
        max(int(each["RETENTION_DAYS"]) for each in ledger.plan.all_settings),
    )
    stub = int(ledger.plan.settings["REQUEST_MAX_AGE_SECONDS"]) + DAY_SECONDS
    kept = days * DAY_SECONDS if new.is_terminal else stub
    since = (new.number("ended") or clock) if new.is_terminal else clock
    return None if expires <= since // 1000 + kept + 60 else f"{new.key} is kept for too long"


@oracle("L1b", When.WRITE, "without faults the checker ends what is due by its next tick")
def checker_in_time(ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or old is None or not ledger.plan.calm or not _ends(write) or new.timeline[-1].cause != "D":
        return UNCONCERNED
    late = write.now - (old.number("deadline") or 0)
    return None if late <= LATEST_CALM_MS else f"{new.key} timed out {late} ms after its deadline"
