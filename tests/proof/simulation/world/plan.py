"""Drawing a world: its settings, its sources, and a scenario small enough that everything in it collides."""

import random
from dataclasses import dataclass, field, replace
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
    DEPLOYED_SHARE,
    MOST_INLINE,
    REQUEST_MAX_AGE_SECONDS,
    SCRIPT_BUCKET,
    draw_deployments,
    draw_settings,
    is_hushed,
)

START_MS: Final = 1_795_500_000_000
CROWD_SHARE: Final = 0.03
"""Of worlds: more executions than one PutEvents takes messages."""
RUSH_SHARE: Final = 0.12
"""Of worlds: several requests for one language, whose counter has shards, and where there are faults is read in pieces
and loses shards by a deployment.
"""
STUB_CROWD_SHARE: Final = 0.06
"""Of executions: more early cancels than a stub keeps."""
_BIG: Final = CANARY + "x" * (1024 * 1024)
_ESCAPED: Final = CANARY + "\x01" * 180_000
"""Within the inline limit as a script; as JSON six times as long, and over what bus and topic take."""


@dataclass(slots=True)
class Plan:
    """Everything about a world that is decided before it starts. Times are epoch milliseconds."""

    calm: bool
    settings: dict[str, str]
    later_settings: list[tuple[int, dict[str, str]]]
    transport: str
    clusters: str
    """Of Kafka: one, two, or two of which the second mirrors the first."""
    partitions: int
    batch_size: int
    stream_lanes: int
    stream_batch: int
    retries_items: bool
    unfiltered_stream: bool
    chaos_ends: int
    ends_with_expiry: bool
    stray_checks: list[int]
    """When the timeout checker runs besides the ticks that a running saga needs: often there is nothing to find."""
    republished: list[int] = field(default_factory=list)
    """When an operator has everything sent again, needed or not."""
    reconciled: list[int] = field(default_factory=list)
    """When an operator reconciles a table that nothing is wrong with."""
    rush: bool = False
    executions: list[Execution] = field(default_factory=list)

    @property
    def targets(self) -> tuple[str, ...]:
        """Where the relay must publish every message. The worker takes commands from the last one."""
        return ("bus", "topic") if self.settings["KAFKA_TARGET_BOOTSTRAP"] else ("bus",)

    @property
    def all_settings(self) -> list[dict[str, str]]:
        return [self.settings, *(changed for _, changed in self.later_settings)]

    @property
    def hushed(self) -> bool:
        """Commands are switched off for a while."""
        return any(map(is_hushed, self.all_settings))

    def never_hush(self) -> None:
        for settings in self.all_settings:
            settings["PUBLISH_COMMANDS"] = "true"

    @property
    def admins_change(self) -> bool:
        return len({each.get("ADMIN_USERS") for each in self.all_settings}) > 1

    @property
    def events(self) -> list[Inbound]:
        return [inbound for each in self.executions for inbound in (each.request, *each.others)]


def draw_plan(dice: random.Random, rushes: random.Random, *, calm: bool) -> Plan:
    settings = draw_settings(dice, calm=calm)
    rush = rushes.random() < RUSH_SHARE
    if rush:
        limit, shards = str(rushes.choice((2, 3))), str(rushes.choice((2, 3)))
        settings |= {"DEFAULT_LANGUAGE_LIMIT": limit, "COUNTER_SHARDS": shards}
    plan = Plan(
        calm=calm,
        rush=rush,
        settings=settings,
        later_settings=[],
        transport=dice.choice(("eventbridge", "kafka", "both")),
        clusters="one" if calm else dice.choice(("one", "one", "one", "one", "two", "mirrored")),
        partitions=dice.choice((1, 2, 3)),
        batch_size=dice.choice((1, 3, 10, 100)),
        stream_lanes=dice.choice((1, 1, 4)),
        stream_batch=dice.choice((1, 5, 100)),
        retries_items=dice.random() < 0.5,
        unfiltered_stream=dice.random() < 0.1,
        chaos_ends=START_MS + dice.choice((120, 600, 1200, 3600)) * 1000,
        ends_with_expiry=dice.random() < 0.1,
        stray_checks=[START_MS + dice.randrange(200_000) for _ in range(dice.choice((0, 1, 2)))],
    )
    if not calm and dice.random() < DEPLOYED_SHARE:
        plan.later_settings, checks = draw_deployments(dice, settings, START_MS)
        plan.stray_checks += checks
    maker = _Executions(dice, settings, calm=calm)
    crowd = dice.random() < CROWD_SHARE
    count = dice.choice((12, 15, 20, 20 if calm else 50)) if crowd else dice.choice((1, 1, 2, 2, 3, 3, 5))
    for place in range(max(count, rushes.choice((5, 7))) if rush else count):
        plan.executions.append(maker.make(f"ex-{place}"))
    if rush:
        _want_one_language(plan)
    if rush and not calm and not plan.later_settings:
        moment = START_MS + 10_000 + rushes.randrange(60_000)
        plan.later_settings = [(moment, settings | {"COUNTER_SHARDS": rushes.choice(("1", "1", "2"))})]
        plan.stray_checks += [moment + rushes.randrange(1_000, 20_000) for _ in range(3)]
    if not calm and dice.random() < 0.55:
        requested = [each.request.at for each in plan.executions]
        waits = (300, 300, 2_000, 10_000, 100_000)
        plan.reconciled = [dice.choice(requested) + dice.choice(waits) for _ in range(dice.choice((0, 0, 1, 2)))]
        plan.republished = [dice.choice(requested) + dice.choice(waits) for _ in range(dice.randint(2, 4))]
    return plan


def _want_one_language(plan: Plan) -> None:
    for inbound in plan.events:
        if inbound.detail is not None and inbound.detail.get("language") in LANGUAGES:
            inbound.detail["language"] = LANGUAGES[0]


class _Executions:
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
