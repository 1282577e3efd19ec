"""Holds what happened against what was expected, from outside: the table, the bus, the queues, the worker's account."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from demo.bad_events import BadEvent
from demo.cases import BURST_LANGUAGE, BURST_LIMIT, BURST_SLUG, CASES, Case
from demo.executions import Execution
from demo.expectations import Actual, closest_differences
from demo.observer import Observer
from demo.orders import OrderEvidence, order_violations
from local_worker import WorkerCounts
from saga_orchestrator.domain.saga import Saga
from sagas.execution import EXECUTION_SAGA


@dataclass
class CaseResult:
    """One row of expected against actual."""

    case: Case
    executions: int = 0
    as_expected: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """Everything that was collected, once nothing moves any more."""

    executions: tuple[Execution, ...]
    bad_events: tuple[BadEvent, ...]
    sagas: tuple[Saga, ...]
    counters: Mapping[tuple[str, int], int]
    most_held: Mapping[str, int]
    """Slots that were held at one time at most, by language."""
    observer: Observer
    still_open: tuple[str, ...]
    rejected: Counter[str]
    """Pointers on the rejected-events queue, by reason."""
    undelivered: int
    """On-failure objects and events in the dead-letter queue."""
    lost: Counter[str]
    """Deliveries that the stack gave up or lost, by kind."""
    worker: WorkerCounts | None
    orders: OrderEvidence = field(default_factory=OrderEvidence)

    def execution_sagas(self) -> list[Saga]:
        """The cases say how these end. What else is registered must end too, and that is all they know of it."""
        return [saga for saga in self.sagas if saga.saga_name == EXECUTION_SAGA.name]


def case_results(evidence: Evidence) -> list[CaseResult]:
    """Every execution against what its case expects, in the order of the cases."""
    sagas = {saga.execution_id: saga for saga in evidence.execution_sagas()}
    results: dict[str, CaseResult] = {}
    for execution in sorted(evidence.executions, key=lambda each: each.id):
        result = results.setdefault(execution.case.slug, CaseResult(execution.case))
        result.executions += 1
        saga = sagas.get(execution.id)
        found = (
            closest_differences(execution.case.expected, actual_of(saga, evidence.observer))
            if saga is not None
            else ["no saga in the table"]
        )
        result.as_expected += not found
        result.differences += [f"{execution.id}: {difference}" for difference in found]
    return [results[case.slug] for case in CASES if case.slug in results]


def actual_of(saga: Saga, observer: Observer) -> Actual:
    """State from the table, messages from the bus."""
    return Actual(
        state=str(saga.state),
        reason=saga.reason,
        exit_code=saga.exit_code,
        error_type=saga.error_type,
        creates=observer.count(saga.execution_id, "CREATE_POD_COMMAND"),
        deletes=observer.count(saga.execution_id, "DELETE_POD_COMMAND"),
        outcomes=observer.outcomes(saga.execution_id),
    )


def expected_rejections(evidence: Evidence) -> Counter[str]:
    """Reasons, one for each event that must be rejected."""
    bad = Counter(event.reason for event in evidence.bad_events if event.reason is not None)
    for execution in evidence.executions:
        bad.update(execution.case.rejects)
    return bad + evidence.orders.rejections()


def violations(evidence: Evidence) -> list[str]:
    """What must hold whatever was played; each broken promise is one line."""
    return [
        *_open(evidence),
        *_slots(evidence),
        *_burst(evidence),
        *_messages(evidence),
        *_rejections(evidence),
        *_deliveries(evidence),
        *_pods(evidence),
        *order_violations(evidence.orders, evidence.sagas),
    ]


def slots_held(evidence: Evidence) -> int:
    """Units taken by the counters' own account."""
    return sum(evidence.counters.values())


def _open(evidence: Evidence) -> list[str]:
    unfinished = [saga for saga in evidence.sagas if not saga.state.is_terminal]
    beside = [f"{saga.saga_id} has not ended in time" for saga in unfinished if saga.saga_name != EXECUTION_SAGA.name]
    late = {saga.execution_id for saga in unfinished if saga.saga_name == EXECUTION_SAGA.name} | {*evidence.still_open}
    return [f"{execution_id} has not ended in time" for execution_id in late] + beside


def _slots(evidence: Evidence) -> list[str]:
    claims = [f"{saga.execution_id} ended and still holds a slot" for saga in evidence.sagas if saga.claim is not None]
    return claims + [
        f"counter of {language}, shard {shard}: {units} slots taken by nobody"
        for (language, shard), units in evidence.counters.items()
        if units
    ]


def _burst(evidence: Evidence) -> list[str]:
    ids = {execution.id for execution in evidence.executions if execution.case.slug == BURST_SLUG}
    sagas = [saga for saga in evidence.execution_sagas() if saga.execution_id in ids]
    found, most = [], evidence.most_held.get(BURST_LANGUAGE, 0)
    if most == 0:
        found.append(f"no execution of {BURST_LANGUAGE} was seen to hold a slot")
    if most > BURST_LIMIT:
        found.append(f"{most} executions of {BURST_LANGUAGE} held a slot at once, the limit is {BURST_LIMIT}")
    admitted = sum(saga.reason != "limit_reached" for saga in sagas)
    # Where the machine is slow, the first of the burst have ended before the last of it are asked for: more than the
    # limit get a slot, one after the other.
    if admitted < BURST_LIMIT:
        found.append(f"the burst took {admitted} slots, the limit is {BURST_LIMIT}")
    return found


def _messages(evidence: Evidence) -> list[str]:
    observer = evidence.observer
    known = {execution.id for execution in evidence.executions} | {order.id for order in evidence.orders.orders}
    return [
        *(f"message {key} was published with two contents" for key in observer.contradictions),
        *(f"a message for {stranger}, which nobody requested" for stranger in observer.execution_ids() - known),
        *(
            f"a saga for {saga.execution_id}, which nobody requested"
            for saga in evidence.sagas
            if saga.execution_id not in known
        ),
    ]


def _rejections(evidence: Evidence) -> list[str]:
    expected = expected_rejections(evidence)
    return [
        f"rejected as {reason}: expected {expected[reason]}, got {evidence.rejected[reason]}"
        for reason in sorted(expected | evidence.rejected)
        if expected[reason] != evidence.rejected[reason]
    ]


def _deliveries(evidence: Evidence) -> list[str]:
    found = [f"{count} deliveries {kind}" for kind, count in evidence.lost.items() if count]
    return found + ([f"{evidence.undelivered} events were given up"] if evidence.undelivered else [])


def _pods(evidence: Evidence) -> list[str]:
    worker = evidence.worker
    if worker is None:
        return ["the worker gave no account of its pods"]
    commanded = sum(evidence.observer.count(execution.id, "CREATE_POD_COMMAND") for execution in evidence.executions)
    facts = {
        "pods leaked": (0, worker.leaked),
        "pods left over": (0, worker.abandoned),
        "malformed commands": (0, worker.malformed),
        "creates obeyed or refused": (commanded, worker.created + worker.refused),
        "pods that came to an end": (worker.created, worker.finished + worker.deleted + worker.abandoned),
    }
    return [f"{name}: expected {want}, got {got}" for name, (want, got) in facts.items() if want != got]
