"""The invariants: a perfect demo breaks none, and each of them is broken by what it forbids and names it."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from demo.cases import BURST_LIMIT, BURST_SLUG, CASES
from demo.verification import Evidence, case_results, slots_held, violations
from saga_orchestrator.domain.saga import Claim, Saga
from saga_orchestrator.domain.states import SagaState
from tests.tools.demo.hand_made import hear


def _with_saga(evidence: Evidence, slug: str, change: Callable[[Saga], Saga]) -> Evidence:
    """The first saga of a case, changed."""
    chosen = next(saga for saga in evidence.sagas if saga.execution_id.startswith(f"{slug}-"))
    return replace(evidence, sagas=tuple(change(saga) if saga is chosen else saga for saga in evidence.sagas))


def _with_worker(evidence: Evidence, name: str) -> Evidence:
    worker = evidence.worker
    assert worker is not None
    return replace(evidence, worker=replace(worker, **{name: getattr(worker, name) + 1}))


def _hearing(evidence: Evidence, execution_id: str, message_type: str, message_id: str | None = None) -> Evidence:
    hear(evidence.observer, execution_id, message_type, message_id, more="other content")
    return evidence


BREACHES: dict[str, tuple[Callable[[Evidence], Evidence], str]] = {
    "still open at the end": (lambda e: replace(e, still_open=("python-7-000",)), "python-7-000 has not ended"),
    "a saga that runs on": (
        lambda e: _with_saga(e, "bash", lambda saga: replace(saga, state=SagaState.RUNNING)),
        r"^bash-7-\d+\S* has not ended in time",
    ),
    "a slot kept by a saga": (
        lambda e: _with_saga(e, "bash", lambda saga: replace(saga, claim=Claim("bash", 0))),
        r"^bash-7-\d+\S* ended and still holds a slot",
    ),
    "a slot kept by nobody": (
        lambda e: replace(e, counters={("python", 1): 2}),
        "counter of python, shard 1: 2 slots taken by nobody",
    ),
    "more at once than the limit": (
        lambda e: replace(e, most_held={"python-batch": BURST_LIMIT + 1}),
        "6 executions of python-batch held a slot at once, the limit is 5",
    ),
    "no slot seen": (lambda e: replace(e, most_held={}), "no execution of python-batch was seen to hold a slot"),
    "a burst that took too few slots": (
        lambda e: _with_saga(e, BURST_SLUG, lambda saga: replace(saga, reason="limit_reached")),
        "the burst took 4 slots, the limit is 5",
    ),
    "one message, two contents": (
        lambda e: _hearing(e, e.executions[0].id, "SAGA_COMPLETED", f"{e.executions[0].id}/SAGA_COMPLETED"),
        "was published with two contents",
    ),
    "a message for nobody": (lambda e: _hearing(e, "ghost", "SAGA_FAILED"), "a message for ghost, which nobody"),
    "a saga for nobody": (
        lambda e: replace(e, sagas=(*e.sagas, replace(e.sagas[-1], execution_id="ghost"))),
        "a saga for ghost, which nobody",
    ),
    "a bad event let through": (
        lambda e: replace(e, rejected=e.rejected - Counter({"not_utf8": 1})),
        "rejected as not_utf8: expected 1, got 0",
    ),
    "a good event set aside": (
        lambda e: replace(e, rejected=e.rejected + Counter({"poison": 1})),
        "rejected as poison: expected 0, got 1",
    ),
    "a delivery lost": (lambda e: replace(e, lost=Counter({"records-lost": 3})), "3 deliveries records-lost"),
    "an event given up": (lambda e: replace(e, undelivered=2), "2 events were given up"),
    "a pod leaked": (lambda e: _with_worker(e, "leaked"), "pods leaked: expected 0, got 1"),
    "a malformed command": (lambda e: _with_worker(e, "malformed"), "malformed commands: expected 0, got 1"),
    "a create without a pod": (lambda e: _with_worker(e, "refused"), "creates obeyed or refused: expected"),
    "a pod without an end": (lambda e: _with_worker(e, "finished"), "pods that came to an end: expected"),
    "no account of the pods": (lambda e: replace(e, worker=None), "the worker gave no account"),
}


def test_a_perfect_demo_breaks_nothing(evidence: Evidence) -> None:
    assert violations(evidence) == []
    assert all(result.executions == result.as_expected > 0 for result in case_results(evidence))
    assert slots_held(evidence) == 0


@pytest.mark.parametrize("breach", BREACHES)
def test_each_breach_is_seen_alone_and_named(evidence: Evidence, breach: str) -> None:
    spoil, told = BREACHES[breach]
    (line,) = violations(spoil(evidence))
    assert re.search(told, line), line


def test_a_pod_left_over_is_seen(evidence: Evidence) -> None:
    """Told twice: it is also one that came to no end of its own."""
    assert "pods left over: expected 0, got 1" in violations(_with_worker(evidence, "abandoned"))


def _beside(evidence: Evidence, state: SagaState) -> Evidence:
    """A second saga of each execution, which takes no slot and ends in a way of its own."""
    for saga in evidence.execution_sagas():
        for kind in ("SAGA_STARTED", "SAGA_FAILED"):
            message_id = f"workspace_saga:{saga.execution_id}:{kind}"
            hear(evidence.observer, saga.execution_id, kind, message_id, saga_name="workspace_saga")
    second = [
        replace(saga, saga_name="workspace_saga", state=state, reason="no_workspace", completed_steps=())
        for saga in evidence.execution_sagas()
    ]
    return replace(evidence, sagas=(*evidence.sagas, *second))


def test_a_second_saga_of_each_execution_changes_no_count(evidence: Evidence) -> None:
    two_each = _beside(evidence, SagaState.FAILED)

    assert violations(two_each) == []
    assert all(result.executions == result.as_expected > 0 for result in case_results(two_each))


def test_a_second_saga_that_runs_on_is_named(evidence: Evidence) -> None:
    told = violations(_beside(evidence, SagaState.RUNNING))

    assert len(told) == len(evidence.executions)
    assert all(re.match(r"workspace_saga:\S+ has not ended in time", line) for line in told)


def test_an_execution_has_ended_when_each_of_its_sagas_has(evidence: Evidence) -> None:
    execution_id, observer = evidence.executions[0].id, evidence.observer
    assert observer.has_ended(execution_id)
    hear(observer, execution_id, "SAGA_STARTED", "w1", saga_name="workspace_saga")
    assert not observer.has_ended(execution_id)
    assert observer.unfinished() == {(execution_id, "workspace_saga")}
    hear(observer, execution_id, "SAGA_COMPLETED", "w2", saga_name="workspace_saga")
    assert observer.unfinished() == set()
    assert observer.has_ended(execution_id)
    assert not observer.has_ended("never heard of")


def test_an_unexpected_end_counts_against_its_case_alone(evidence: Evidence) -> None:
    spoilt = _with_saga(evidence, "exit", lambda saga: replace(saga, exit_code=8))
    wrong = [result for result in case_results(spoilt) if result.as_expected != result.executions]
    assert [(result.case.slug, result.executions - result.as_expected) for result in wrong] == [("exit", 1)]
    assert re.fullmatch(r"exit-7-\S*: exit code: expected 7, got 8", wrong[0].differences[0])


def test_an_execution_without_a_saga_is_no_success(evidence: Evidence) -> None:
    results = case_results(replace(evidence, sagas=()))
    assert sum(result.as_expected for result in results) == 0
    assert results[0].differences[0].endswith(": no saga in the table")


def test_results_come_in_the_order_of_the_cases(evidence: Evidence) -> None:
    assert [result.case for result in case_results(evidence)] == list(CASES)
