"""The corrupt corpus: what a table can hold after a restore, a defect, a manual edit or half a write of other code.

Each case is a sound item, what was done to it, what `sagactl reconcile` finds, and what it makes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from saga_orchestrator.domain.repair import Problem
from saga_testing.samples.sample_events import NOW_MS
from tests.proof.exhaustion.scenarios import HOUR_MS

Item = dict[str, Any]

BASES: Final[dict[str, tuple[str, ...]]] = {
    "stub": ("completed",),
    "running": ("request",),
    "started": ("request", "started"),
    "started early": ("started", "request"),
    "completed": ("request", "started", "completed"),
    "failed": ("request", "started", "failed"),
    "timed out": ("request", "deadline"),
    "cancelled": ("request", "cancel by the owner"),
    "refused": ("request that is refused",),
}
"""Sound items, by the deliveries that make them."""

ENDED: Final = ("completed", "failed", "timed out", "cancelled", "refused")
RUNNING: Final = ("running", "started", "started early")
START_DEADLINE: Final = NOW_MS + 300_000
RUN_DEADLINE: Final = NOW_MS + 210_000
RETENTION: Final = 30 * 86_400
REPAIRED_AT: Final = NOW_MS + 2 * HOUR_MS


def n(number: int) -> dict[str, str]:
    return {"N": str(number)}


def s(text: str) -> dict[str, str]:
    return {"S": text}


@dataclass(frozen=True)
class Edit:
    """A change of an item: attributes set and dropped, message keys struck from the timeline, entries added to it."""

    put: Mapping[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    strike: tuple[str, ...] = ()
    enter: tuple[str, ...] = ()

    def applied(self, item: Item) -> Item:
        edited = {name: value for name, value in item.items() if name not in self.drop} | dict(self.put)
        if (self.strike or self.enter) and "timeline" in edited:
            lines = [entry["S"].split(" ") for entry in edited["timeline"]["L"]]
            kept = [" ".join(word for word in line if word not in self.strike) for line in lines]
            edited["timeline"] = {"L": [s(text) for text in (*kept, *self.enter)]}
        return edited

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(self.put) | frozenset(self.drop) | ({"timeline"} if self.strike or self.enter else frozenset())


@dataclass(frozen=True)
class Case:
    """`after` is applied to the corrupt item; None: it is left alone, and `found` is for a person."""

    name: str
    base: str
    edit: Edit
    found: tuple[Problem, ...]
    after: Edit | None
    counted: bool = False
    """Does the counter count the claim that `edit` adds?"""


def _ended() -> list[Case]:
    slot, due = (Problem.SLOT_NOT_GIVEN_BACK,), (Problem.DUE_AFTER_END,)
    claim, keys = Edit({"claim": s("python#0")}), {"deadline": n(START_DEADLINE), "deadline_shard": n(0)}
    cases = []
    for base in (*ENDED, "stub"):
        cases += [
            Case("holds a slot that is counted", base, claim, slot, Edit(drop=("claim",)), counted=True),
            Case("holds a slot", base, claim, (Problem.COUNTER_DIFFERS, *slot), Edit(drop=("claim",))),
            Case("is due", base, Edit(keys), due, Edit(drop=("deadline", "deadline_shard"))),
            Case("has an index shard", base, Edit({"deadline_shard": n(1)}), due, Edit(drop=("deadline_shard",))),
        ]
    for base in ENDED:
        ended = NOW_MS + (HOUR_MS if base == "timed out" else 0)
        expires = Edit({"expires": n(ended // 1000 + RETENTION)})
        cases += [
            Case("never expires", base, Edit(drop=("expires",)), (Problem.NEVER_EXPIRES,), expires),
            Case("end unknown", base, Edit(drop=("expires", "ended")), (Problem.NEVER_EXPIRES,), expires),
        ]
    stub_expires = Edit({"expires": n(NOW_MS // 1000 + 2 * 86_400)})
    cases.append(Case("never expires", "stub", Edit(drop=("expires",)), (Problem.NEVER_EXPIRES,), stub_expires))
    return cases


def _running() -> list[Case]:
    never, cases = (Problem.NEVER_DUE,), []
    for base in RUNNING:
        deadline = {"deadline": n(START_DEADLINE if base == "running" else RUN_DEADLINE)}
        shard = {"deadline_shard": n(0)}
        both = ("deadline", "deadline_shard")
        cases += [
            Case("no deadline", base, Edit(drop=("deadline",)), never, Edit(deadline)),
            Case("no index shard", base, Edit(drop=("deadline_shard",)), never, Edit(shard)),
            Case("not in the index", base, Edit(drop=both), never, Edit({**deadline, **shard})),
            Case("in a shard that nobody reads", base, Edit({"deadline_shard": n(7)}), never, Edit(shard)),
            Case("due in a thousand years", base, Edit({"deadline": n(NOW_MS * 1000)}), never, Edit(deadline)),
            Case(
                "expires",
                base,
                Edit({"expires": n(NOW_MS // 1000)}),
                (Problem.EXPIRES_WHILE_RUNNING,),
                Edit(drop=("expires",)),
            ),
        ]
        steps = Edit({"steps": s("validate_execution allocate_resources create_pod")})
        cases += [
            Case("no steps", base, Edit(drop=("steps",)), (Problem.STEPS_MISSING,), steps),
            Case("half the steps", base, Edit({"steps": s("create_pod")}), (Problem.STEPS_MISSING,), steps),
        ]
    no_start = Edit(drop=("deadline", "create_before"))
    cases.append(Case("no start deadline either", "running", no_start, never, Edit({"deadline": n(START_DEADLINE)})))
    return cases


def _messages() -> list[Case]:
    unlisted, owed = (Problem.MESSAGE_NOT_IN_TIMELINE,), (Problem.MESSAGES_OWED,)

    def listed(cause: str, version: int, keys: str, at: int = NOW_MS) -> Edit:
        return Edit(enter=(f"{at} {cause} reconcile-listed:{version} {keys}",))

    def sent(cause: str, version: int, keys: str) -> Edit:
        return Edit({"outbox": s(keys)}, enter=(f"{REPAIRED_AT} {cause} reconcile-owed:{version} {keys}",))

    begun, failed = ("saga_started#1", "create_pod#1"), ("delete_pod#1", "saga_failed#1")
    timed_out = "delete_pod#1 saga_timeout#1"
    return [
        Case("lists nothing that it sent", "running", Edit(strike=begun), unlisted, listed("R", 2, " ".join(begun))),
        Case("lists no create", "running", Edit(strike=("create_pod#1",)), unlisted, listed("R", 2, "create_pod#1")),
        Case("lists nothing of its end", "failed", Edit(strike=failed), unlisted, listed("F", 4, " ".join(failed))),
        Case(
            "lists nothing of its end",
            "timed out",
            Edit(strike=tuple(timed_out.split())),
            unlisted,
            listed("T", 3, timed_out, NOW_MS + HOUR_MS),
        ),
        Case("lists no delete", "cancelled", Edit(strike=("delete_pod#1",)), unlisted, listed("S", 3, "delete_pod#1")),
        Case("sends", "stub", Edit({"outbox": s("saga_started#1")}), unlisted, Edit(drop=("outbox",))),
        Case(
            "never deleted its pod, told nobody",
            "failed",
            Edit(drop=("outbox",), strike=failed),
            owed,
            sent("F", 4, " ".join(failed)),
        ),
        Case(
            "never deleted its pod",
            "cancelled",
            Edit({"outbox": s("saga_cancelled#1")}, strike=("delete_pod#1",)),
            owed,
            sent("X", 3, "delete_pod#1"),
        ),
        Case(
            "told nobody",
            "completed",
            Edit(drop=("outbox",), strike=("saga_completed#1",)),
            owed,
            sent("C", 4, "saga_completed#1"),
        ),
        Case(
            "told nobody",
            "refused",
            Edit(drop=("outbox",), strike=("saga_failed#1",)),
            owed,
            sent("F", 2, "saga_failed#1"),
        ),
    ]


def _by_hand() -> list[Case]:
    def left(name: str, base: str, edit: Edit, problem: Problem) -> Case:
        return Case(name, base, edit, (problem,), None)

    unreadable = {
        **{f"no {name}": Edit(drop=(name,)) for name in ("state", "version", "dv", "created", "corr")},
        "a state that does not exist": Edit({"state": s("paused")}),
        "a version that is text": Edit({"version": s("2")}),
        "a timeline that is text": Edit({"timeline": s("R")}),
        "a timeline entry of one word": Edit(enter=("R",)),
    }
    kept = [left(name, base, edit, Problem.UNREADABLE) for base in ENDED for name, edit in unreadable.items()]
    endings = Edit(enter=(f"{NOW_MS} C other saga_completed#1",))
    return [
        *kept,
        *(
            left("of a saga nobody knows", base, Edit({"saga_name": s("other")}), Problem.UNKNOWN_SAGA)
            for base in ENDED
        ),
        *(left("of a newer definition", base, Edit({"dv": n(99)}), Problem.NEWER_CODE) for base in BASES),
        *(left("sends what is new", base, Edit({"outbox": s("x#1")}), Problem.NEWER_CODE) for base in BASES),
        *(left("rests half way", base, Edit({"state": s("compensating")}), Problem.BETWEEN_STATES) for base in RUNNING),
        *(left("runs and has ended", base, endings, Problem.TWO_ENDINGS) for base in RUNNING),
        left("failed and completed", "failed", endings, Problem.TWO_ENDINGS),
        left("ended otherwise", "failed", Edit({"state": s("timeout")}), Problem.TWO_ENDINGS),
        left("no timeline", "started", Edit(drop=("timeline",)), Problem.NO_TIMELINE),
        left("no timeline", "completed", Edit(drop=("timeline", "outbox")), Problem.NO_TIMELINE),
    ]


CASES: Final = (*_ended(), *_running(), *_messages())
"""What the command repairs."""

BY_HAND: Final = tuple(_by_hand())
"""What it reports, and leaves exactly as it is."""

COUNTERS: Final[dict[str, Item | None]] = {
    "too much by three": {"n": n(4)},
    "nothing": {"n": n(0)},
    "negative": {"n": n(-3)},
    "missing": None,
    "without its number": {},
    "text": {"n": s("1")},
    "a list": {"n": {"L": []}},
}
"""The counter of a shard of which one saga holds a unit."""
