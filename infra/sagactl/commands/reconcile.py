"""`sagactl reconcile`: put right what a restore, a defect or a manual edit has left in the table."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from saga_orchestrator.adapters.counters.counter_items import is_reserved
from saga_orchestrator.adapters.saga_codec import Item, decode
from saga_orchestrator.application.apply_event import check_messages
from saga_orchestrator.application.ports import Stored
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.domain.errors import CorruptSaga, RejectedEvent, RejectReason, RetryableError
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.repair import Examined, Fault, Problem, examine
from sagactl.asking import agreed, progress
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import REFUSALS, NotDoneError
from sagactl.options import explain, on_stack
from sagactl.outlet import number_of, show, table, tell
from sagactl.table.policy import policy_of
from sagactl.table.recounting import Drift, correct, drifts, steady_drifts
from sagactl.table.store import store_of
from sagactl.table.stored_items import Slots, stored_items
from sagas import SAGAS

_REQUIRED = ("state", "version", "dv", "created", "corr")
_BY_HAND: Final = {
    Problem.UNREADABLE: "no function can use it: mend the attribute by hand or delete the item, then reconcile again",
    Problem.MESSAGE_NOT_MADE: "mend its definition's messages, deploy that, and reconcile with its sagactl",
    Problem.NOT_REPAIRED: "left alone, and the others repaired: look at the item; what has no code of AWS is a defect",
}
_PROBLEMS: Final = {
    RejectReason.CORRUPT_SAGA: Problem.UNREADABLE,
    RejectReason.DEFINITION_RAISED: Problem.MESSAGE_NOT_MADE,
    RejectReason.MESSAGE_TOO_LARGE: Problem.MESSAGE_NOT_MADE,
}


class Outcome(StrEnum):
    """What became of a finding."""

    PLANNED = "planned"
    REPAIRED = "repaired"
    MOVED = "moved"
    """Somebody else wrote the item meanwhile, so it was left alone."""
    BY_HAND = "by_hand"


@dataclass(frozen=True)
class Finding:
    """One line of the result."""

    item: str
    """The execution, or the language and shard of a counter."""
    problem: Problem
    found: str
    repair: str
    outcome: Outcome


@dataclass(frozen=True)
class Survey:
    """Everything that one look at the table finds."""

    drifts: list[Drift]
    sagas: list[Examined]
    by_hand: list[Finding]


@on_stack
def reconcile(
    target: Target,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")] = False,
) -> None:
    """Find what is wrong in the table, and repair what can be repaired safely.

    Counters of taken slots are made equal to the number of sagas that hold them. Ended sagas give back a slot, leave
    the deadline index, expire, and send what they still owe; running ones become able to time out. No state is ever
    changed: what needs that, or cannot be read at all, is reported with what to do, and the exit code is 1.

    Reads the whole table. Functions may go on meanwhile: each repair is refused if its item has been written since it
    was read, and a counter counts as wrong only if two passes agree.
    """
    stack = deployment(target)
    found = survey(stack, _now())
    findings = _planned(found)
    changes = [finding for finding in findings if finding.outcome is Outcome.PLANNED]
    apply = bool(changes) and not dry_run
    if apply:
        _preview(changes)
        agreed(stack, f"Repair {number_of(len(changes), 'problem')}", yes=yes)
        findings = _repaired(stack, found)  # what was shown, and nothing that came since
    facts = [asdict(finding) for finding in findings]
    if not findings:
        show(target.output, facts, "nothing to repair: every saga is sound, every counter equals the slots held")
        return
    rows = [tuple(fact.values()) for fact in facts]
    count = number_of(len(findings), "problem")
    title = count if apply or not changes else f"{count}; nothing was changed"
    show(target.output, facts, table(title, tuple(facts[0]), rows))
    if left := _left(findings):
        raise NotDoneError(left)


def _preview(changes: list[Finding]) -> None:
    """What will be done, on standard error: standard output is the result's."""
    for finding in changes:
        tell(f"{finding.item}: {finding.problem}: {finding.found}; {finding.repair}")


def plan(stack: Deployment, now: int, sagas: SagaRegistry | None = None) -> list[Finding]:
    """What `repair` would do."""
    return _planned(survey(stack, now, sagas))


def repair(stack: Deployment, now: int, sagas: SagaRegistry | None = None) -> list[Finding]:
    """Put right whatever one look at the table finds."""
    return _repaired(stack, survey(stack, now, sagas))


def _planned(found: Survey) -> list[Finding]:
    return [
        *(_of_counter(drift, Outcome.PLANNED) for drift in found.drifts),
        *(finding for examined in found.sagas for finding in _of_saga(examined, Outcome.PLANNED)),
        *found.by_hand,
    ]


def _repaired(stack: Deployment, found: Survey) -> list[Finding]:
    """Counters first, so that a slot which an ended saga gives back is subtracted from a number that counts it."""
    findings: list[Finding] = []
    try:
        for drift in found.drifts:
            written = correct(stack, drift)
            findings += [_of_counter(drift, Outcome.REPAIRED if written else Outcome.MOVED)]
        for examined in progress(found.sagas, "repairing"):
            findings += _repaired_saga(stack, examined)
    except REFUSALS as refused:
        # What is refused for one may be refused for all: it is told as what it is, and so is what was done before.
        if not findings:
            raise
        message = f"{number_of(len(findings), 'problem')} dealt with, then {explain(refused)}; run it again"
        raise NotDoneError(message) from refused
    return [*findings, *found.by_hand]


def _repaired_saga(stack: Deployment, examined: Examined) -> list[Finding]:
    """One saga is on its own: what only its repair meets is a finding, and the others are repaired."""
    try:
        written = not examined.repairs or _write(stack, examined)
    except REFUSALS:
        raise
    except Exception as failure:  # noqa: BLE001 - the boundary between sagas: whatever it is, it is this one's
        return [_left_alone(examined.saga.execution_id, failure)]
    return _of_saga(examined, Outcome.REPAIRED if written else Outcome.MOVED)


def survey(stack: Deployment, now: int, known: SagaRegistry | None = None) -> Survey:
    """Look at every item once, and at the counters a second time if any of them differ."""
    policy, slots = policy_of(stack), Slots()
    sagas: list[Examined] = []
    by_hand: list[Finding] = []
    for item in stored_items(stack):
        slots.add(item)
        if is_reserved(item):
            continue
        try:
            examined = _examined(item, known or SAGAS, policy, now)
        except CorruptSaga as corrupt:
            by_hand.append(_unreadable(item, corrupt))
            continue
        except Exception as failure:  # noqa: BLE001 - the boundary between sagas: one must not hide all others
            by_hand.append(_left_alone(item["execution_id"]["S"], failure))
            continue
        if examined.repairs or examined.by_hand:
            sagas.append(examined)
    return Survey(steady_drifts(stack, drifts(slots)), sagas, by_hand)


def _examined(item: Item, known: SagaRegistry, policy: Policy, now: int) -> Examined:
    """As a function would, make what the repair sends before it is written: afterwards it would be too late."""
    saga = decode(item)
    try:
        # A saga that waits is judged by what it began with: steps that the newest version has not are no fault of it.
        definition = known.definition_of(saga) if known.named(saga.saga_name) else None
    except RetryableError:
        definition = known.named(saga.saga_name)
    except RejectedEvent as gone:
        fault = Fault(Problem.UNKNOWN_VERSION, gone.detail, "use the sagactl of the code that has it")
        return Examined(saga, saga, by_hand=() if saga.state.is_terminal else (fault,))
    examined = examine(saga, definition, policy, now)
    if examined.repairs and definition is not None:
        check_messages(examined.mended, definition)
    return examined


def _write(stack: Deployment, examined: Examined) -> bool:
    """As the functions write: what differs, if the version is still the one that was read, with the slot's release."""
    try:
        outcome = store_of(stack, Policy()).replace(examined.saga, examined.mended, None, examined.releases)
    except RetryableError as unsettled:
        if isinstance(unsettled.__cause__, REFUSALS):
            # For a function a throttle or a missing permission may pass; an operator is told.
            raise unsettled.__cause__ from None
        return False  # it was in a transaction of somebody's each time
    except CorruptSaga:
        return False  # whoever wrote meanwhile left what the next run reports
    return isinstance(outcome, Stored)


def _of_counter(drift: Drift, outcome: Outcome) -> Finding:
    says = "no number" if drift.counted is None else str(drift.counted)
    found = f"says {says}, {number_of(drift.held, 'saga')} held"
    item = f"{drift.language}#{drift.shard}"
    return Finding(item, Problem.COUNTER_DIFFERS, found, f"set it to {drift.held}", outcome)


def _of_saga(examined: Examined, outcome: Outcome) -> list[Finding]:
    def finding(fault: Fault, became: Outcome) -> Finding:
        return Finding(examined.saga.execution_id, fault.problem, fault.found, fault.repair, became)

    return [
        *(finding(fault, outcome) for fault in examined.repairs),
        *(finding(fault, Outcome.BY_HAND) for fault in examined.by_hand),
    ]


def _unreadable(item: Item, corrupt: CorruptSaga) -> Finding:
    missing = [name for name in _REQUIRED if name not in item]
    found = corrupt.detail + (f"; missing: {', '.join(missing)}" if missing else "")
    return _for_a_person(item["execution_id"]["S"], Problem.UNREADABLE, found)


def _left_alone(execution_id: str, failure: Exception) -> Finding:
    rejected = failure if isinstance(failure, RejectedEvent) else unexpected(failure)
    return _for_a_person(execution_id, _PROBLEMS.get(rejected.reason, Problem.NOT_REPAIRED), rejected.detail)


def _for_a_person(execution_id: str, problem: Problem, found: str) -> Finding:
    return Finding(execution_id, problem, found, _BY_HAND[problem], Outcome.BY_HAND)


def _left(findings: list[Finding]) -> str:
    """What the caller has to do yet, or nothing."""
    outcomes: list[Any] = [finding.outcome for finding in findings]
    parts = {
        "to repair, without --dry-run": outcomes.count(Outcome.PLANNED),
        "moved meanwhile and left alone: run it again": outcomes.count(Outcome.MOVED),
        "to be mended by hand": outcomes.count(Outcome.BY_HAND),
    }
    return "; ".join(f"{count} {what}" for what, count in parts.items() if count)


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
