"""Executions as a world draws them: what is requested, what its pod does, and what else is said of it."""

import random
from dataclasses import replace
from typing import Any, Final

from tests.proof.simulation.world.scenario import (
    ADMIN,
    CANARY,
    CANCELLED,
    COMPLETED,
    FAILED,
    LANGUAGES,
    OPERATOR_SOURCE,
    RUNTIME,
    STARTED,
    STRANGER,
    TIMEOUT,
    Execution,
    Inbound,
    PodPlan,
    by_reference,
    envelope,
    report,
)
from tests.proof.simulation.world.settings import (
    MOST_INLINE,
    REQUEST_MAX_AGE_SECONDS,
    SCRIPT_BUCKET,
)

START_MS: Final = 1_795_500_000_000
STUB_CROWD_SHARE: Final = 0.06
"""Of executions: more early cancels than a stub keeps."""
_BIG: Final = CANARY + "x" * (1024 * 1024)
_ESCAPED: Final = CANARY + "\x01" * 180_000
"""Within the inline limit as a script; as JSON six times as long, and over what bus and topic take."""


class DrawnExecutions:
    """Draws one execution after the other, numbering their events."""

    def __init__(self, dice: random.Random, settings: dict[str, str], *, calm: bool) -> None:
        self._dice = dice
        self._calm = calm
        self._start_deadline_ms = int(settings["START_DEADLINE_SECONDS"]) * 1000
        self._inlines_much = settings["INLINE_SCRIPT_MAX_BYTES"] == MOST_INLINE
        self._events = 0

    def make(self, execution_id: str) -> Execution:
        dice = self._dice
        owner = dice.choice(("alice", "bob", "alice", None))
        # Close together more often than not, so that claims collide.
        at = START_MS + 10_000 + dice.choice((0, 40, dice.randrange(2_000), dice.randrange(60_000)))
        execution = Execution(execution_id, owner, self._pod(), self._request(execution_id, owner, at))
        execution.expects = _expected_reason(execution)
        if self._calm:
            self._calm_events(execution, at)
        else:
            self._wild_events(execution, at)
        return execution

    def _number(self) -> int:
        self._events += 1
        return self._events

    def _pod(self) -> PodPlan:
        dice = self._dice
        just_in_time = (self._start_deadline_ms - dice.randrange(8_000, 30_000), 90_000)
        starts_after_ms, runs_ms = dice.choice(((1_500, 3_000), (1_500, 20_000), (3_000, 8_000), just_in_time))
        pod = PodPlan(
            starts_after_ms=starts_after_ms,
            runs_ms=runs_ms,
            end=dice.choice((COMPLETED, COMPLETED, COMPLETED, FAILED, TIMEOUT)),
        )
        draw = dice.random()
        hangs = 0.35 if self._calm else 0.10  # only calm worlds show whether the checker comes in time
        if draw < hangs:
            return replace(pod, hangs=True)
        if draw < hangs + 0.04:
            return replace(pod, end=FAILED, reports_start=False, starts_after_ms=3_000, runs_ms=8_000)
        if draw < hangs + 0.08:
            return replace(pod, hangs=True, reports_start=False)
        return pod

    def _request(self, execution_id: str, owner: str | None, at: int, *, other: bool = False) -> Inbound:
        """A request; most are sound, some end as a failed saga, a few must be set aside."""
        dice, number = self._dice, self._number()
        detail = envelope(f"evt-{number}", "EXECUTION_REQUESTED", execution_id, at, owner) | dict(RUNTIME)
        detail |= {
            "language": dice.choice(LANGUAGES),
            "timeout_seconds": dice.choice((10, 30)),
            "script": f"print('{CANARY} {execution_id}{' other' if other else ''}')",
        }
        inbound = Inbound(number, f"evt-{number}", "EXECUTION_REQUESTED", execution_id, at, detail)
        inbound.content = number
        inbound.requested_at = at
        if not other:
            self._twist(inbound, detail)
        return inbound

    def _twist(self, inbound: Inbound, detail: dict[str, Any]) -> None:
        draw = self._dice.random()
        if draw < 0.80:
            detail["script"] = _ESCAPED if self._inlines_much and draw < 0.05 else detail["script"]
        elif draw < 0.83:
            detail["script"], inbound.refusal = "", "script_empty"
        elif draw < 0.86:
            detail["timeout_seconds"], inbound.refusal = 301, "timeout_too_long"
        elif draw < 0.89:
            detail["language"], inbound.refusal = "cobol", "language_not_allowed"
        elif draw < 0.892:
            detail["script"], inbound.refusal = _BIG, "script_too_large"
        elif draw < 0.92:
            inbound.requested_at = inbound.at - (REQUEST_MAX_AGE_SECONDS + 1800) * 1000
            detail["timestamp"] = envelope("", "", "", inbound.requested_at)["timestamp"]
            inbound.refusal = "expired"
        elif draw < 0.95:
            by_reference(detail, SCRIPT_BUCKET)
        elif draw < 0.97:
            by_reference(detail, "somebody-elses")
            inbound.must_reject, inbound.accepts = True, frozenset({"script_bucket_not_allowed"})
        elif draw < 0.985:
            inbound.requested_at = inbound.at + 5 * 86_400_000
            detail["timestamp"] = envelope("", "", "", inbound.requested_at)["timestamp"]
            inbound.must_reject, inbound.accepts = True, frozenset({"timestamp_in_future"})
        else:
            detail["event_version"] = "2.0"
            inbound.must_reject, inbound.accepts = True, frozenset({"unknown_event_version"})

    def _calm_events(self, execution: Execution, at: int) -> None:
        """Far enough apart that one outcome is right."""
        draw = self._dice.random()
        if draw < 0.15 and execution.expects == "execution_completed":
            execution.others.append(self._cancel(execution, at + 60_000, execution.owner or ADMIN))
            execution.pod = replace(execution.pod, hangs=True, reports_start=True)
            execution.expects = "cancelled"
        elif draw < 0.25:
            execution.others.append(self._cancel(execution, at + 1_000, STRANGER))
        elif draw < 0.40 and not execution.request.must_reject:
            early = self._dice.choice((COMPLETED, FAILED, TIMEOUT))
            execution.others.append(self._early(execution, early, at - 8_000))
            execution.expects = "execution_" + early.removeprefix("EXECUTION_").lower()

    def _wild_events(self, execution: Execution, at: int) -> None:
        dice = self._dice
        for _ in range(dice.choice((0, 0, 1, 1, 2, 3))):
            when = at + dice.choice((dice.randrange(-5_000, 100), dice.randrange(60_000), dice.randrange(400_000)))
            nearly = dice.choice((execution.owner or ADMIN, ADMIN)).title()
            actor = dice.choice((execution.owner, execution.owner, ADMIN, STRANGER, nearly, "operator", None))
            execution.others.append(self._cancel(execution, max(when, at - 9_000), actor))
        if dice.random() < STUB_CROWD_SHARE:
            for place in range(dice.randint(9, 13)):
                # The owner's may be among those for which there is no room: it is set aside, and told.
                actor = f"{STRANGER}-{place}" if place != 10 else execution.owner
                execution.others.append(self._cancel(execution, at - dice.randrange(5_000, 9_000), actor))
        for _ in range(dice.choice((0, 0, 0, 1, 1, 2))):
            # Mostly before the pod's own report, some long after: a platform may be wrong, or late.
            kind, when = dice.choice((STARTED, COMPLETED, FAILED, TIMEOUT)), dice.choice((3_000, 3_000, 500_000))
            execution.others.append(self._early(execution, kind, at + dice.randrange(-8_000, when)))
        if dice.random() < 0.25:
            again = self._again(execution.request, at + dice.choice((10, 500, 30_000, 4_000_000)))
            execution.others.append(again)
        if dice.random() < 0.12:
            requester, when = dice.choice((execution.owner, STRANGER)), at + dice.randrange(-50, 30_000)
            execution.others.append(self._request(execution.id, requester, when, other=True))

    def _again(self, request: Inbound, at: int) -> Inbound:
        """The same content under another event id: the requester's own retry."""
        number = self._number()
        again = replace(request, number=number, event_id=f"evt-{number}", at=at, label="again")
        again.detail = {**(request.detail or {}), "event_id": again.event_id}
        return again

    def _early(self, execution: Execution, event_type: str, at: int) -> Inbound:
        number = self._number()
        return report(number, f"evt-{number}", event_type, execution.id, at)

    def _cancel(self, execution: Execution, at: int, actor: str | None) -> Inbound:
        number = self._number()
        inbound = report(number, f"evt-{number}", CANCELLED, execution.id, at)
        inbound.actor = None if actor == "operator" else actor
        inbound.authorised = actor in (ADMIN, "operator") or (actor is not None and actor == execution.owner)
        inbound.accepts = frozenset({"too_many_early_cancels"})
        detail = inbound.detail or {}
        if actor == "operator":
            inbound.source = OPERATOR_SOURCE
        elif actor is None:
            inbound.must_reject, inbound.accepts = True, frozenset({"no_actor"})
        elif self._dice.random() < 0.5:
            detail["cancelled_by"] = actor
        else:
            detail["metadata"]["user_id"] = actor
        if not inbound.authorised and actor is not None:
            inbound.accepts = frozenset({"unauthorised_cancel", "too_many_early_cancels"})
        return inbound


def _expected_reason(execution: Execution) -> str:
    pod, refusal = execution.pod, execution.request.refusal
    if refusal is not None:
        return refusal
    if pod.hangs:
        return "run_deadline_passed" if pod.reports_start else "start_deadline_passed"
    return "execution_" + pod.end.removeprefix("EXECUTION_").lower()
