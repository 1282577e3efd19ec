"""Attempts, bisection and giving up, without any source: records are letters, capitals fail."""

import threading
from collections.abc import Callable, Sequence

import pytest

from local_stack.functions.sandbox import Outcome
from local_stack.sources.batch_retry import Verdict, process
from local_stack.sources.mapping_config import FailurePolicy

OK, RAISED = Outcome("r", b"null"), Outcome("r", b"{}", "ValueError")


class Function:
    """Fails while any record of the batch is a capital; reports partially if told to."""

    def __init__(self, *, partial: bool = False, ages: dict[str, float] | None = None) -> None:
        self.batches: list[str] = []
        self.given_up: list[tuple[str, str, int]] = []
        self._partial, self._ages = partial, ages or {}

    def attempt(self, records: Sequence[str]) -> Verdict[str]:
        self.batches.append("".join(records))
        bad = [i for i, record in enumerate(records) if record.isupper()]
        if not bad:
            return Verdict(OK, ())
        if self._partial:
            return Verdict(OK, records[bad[0] :], progressed=bad[0] > 0)
        return Verdict(RAISED, records, is_error=True)

    def age_seconds(self, record: str, now: float) -> float:
        return self._ages.get(record, 0.0)

    def retrying(self, records: Sequence[str], attempts: int, outcome: Outcome) -> None:
        """Nobody watches."""

    def give_up(self, records: Sequence[str], condition: str, attempts: int, outcome: Outcome | None) -> None:
        self.given_up.append(("".join(records), condition, attempts))


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_stack.sources.batch_retry.BackOff.wait", lambda self: not self._stop.is_set())


@pytest.fixture
def run() -> Callable[[str, FailurePolicy, Function], bool]:
    return lambda records, policy, function: process(list(records), policy, function, threading.Event())


Run = Callable[[str, FailurePolicy, Function], bool]


def test_success_is_one_attempt(run: Run) -> None:
    function = Function()
    assert run("abc", FailurePolicy(), function)
    assert function.batches == ["abc"]


def test_a_failing_batch_is_retried_whole_and_then_discarded_whole(run: Run) -> None:
    function = Function()
    assert run("aBc", FailurePolicy(max_retries=2), function)
    assert function.batches == ["aBc"] * 3
    assert function.given_up == [("aBc", "RetryAttemptsExhausted", 3)]


def test_bisection_isolates_the_bad_record_without_consuming_retries(run: Run) -> None:
    function = Function()
    assert run("abcD", FailurePolicy(max_retries=1, bisect=True), function)
    assert function.batches == ["abcD", "ab", "cD", "c", "D", "D"]
    assert function.given_up == [("D", "RetryAttemptsExhausted", 2)]


def test_a_partial_response_moves_the_checkpoint(run: Run) -> None:
    function = Function(partial=True)
    assert run("abCd", FailurePolicy(max_retries=1, partial_responses=True), function)
    assert function.batches == ["abCd", "Cd"]
    assert function.given_up == [("Cd", "RetryAttemptsExhausted", 2)]


def test_a_partial_response_with_bisection_loses_only_the_bad_record(run: Run) -> None:
    function = Function(partial=True)
    assert run("abCde", FailurePolicy(max_retries=0, partial_responses=True, bisect=True), function)
    assert [given for given, *_ in function.given_up] == ["C"]
    assert function.batches[-1].endswith("e")


def test_a_partial_response_bisects_at_the_checkpoint_and_not_behind_it(run: Run) -> None:
    function = Function(partial=True)
    assert run("abCdE", FailurePolicy(max_retries=0, partial_responses=True, bisect=True), function)
    assert function.batches[:2] == ["abCdE", "CdE"]
    assert [given for given, *_ in function.given_up] == ["C", "E"]


def test_retries_without_limit_go_on_until_the_stack_closes(run: Run) -> None:
    stop = threading.Event()
    function = Function()
    attempt = function.attempt

    def counted(records: Sequence[str]) -> Verdict[str]:
        if len(function.batches) == 49:
            stop.set()
        return attempt(records)

    function.attempt = counted  # type: ignore[method-assign]
    assert not process(list("B"), FailurePolicy(), function, stop)
    assert len(function.batches) == 50
    assert function.given_up == []


def test_too_old_a_record_is_discarded_before_the_attempt_and_the_rest_goes_on(run: Run) -> None:
    function = Function(ages={"b": 100.0})
    assert run("abc", FailurePolicy(max_age_seconds=60), function)
    assert function.batches == ["ac"]
    assert function.given_up == [("b", "RecordAgeExceeded", 0)]


def test_later_records_wait_for_earlier_ones(run: Run) -> None:
    function = Function()
    run("aBcd", FailurePolicy(max_retries=1, bisect=True), function)
    positions = [function.batches.index(batch) for batch in ("a", "B", "cd")]
    assert positions == sorted(positions)
