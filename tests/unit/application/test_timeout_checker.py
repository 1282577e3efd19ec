"""One sweep over the shards: what is ended, what is left for the next run, and what is said of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from saga_orchestrator.application.check_timeouts import Sweep, TimeoutChecker
from saga_orchestrator.domain.decide import Verdict
from saga_orchestrator.domain.errors import CorruptSaga, RejectedEvent, RejectReason, RetryableError
from tests.unit.samples import NOW

Ending = Verdict | Exception


@dataclass
class Index:
    """A deadline index: `shards[n]` are the keys it shows; `endings` says what becomes of a try to end one."""

    shards: dict[int, list[tuple[str, str, int]]]
    endings: dict[str, Ending] = field(default_factory=dict)
    queried: list[tuple[int, int]] = field(default_factory=list)
    tried: list[tuple[str, str]] = field(default_factory=list)
    set_aside: list[tuple[str, str, RejectedEvent]] = field(default_factory=list)
    told: set[tuple[str, str, int]] = field(default_factory=set)
    keeping: Exception | None = None
    breaks: dict[int, tuple[int, Exception]] = field(default_factory=dict)

    def due(self, shard: int, now: int) -> Iterator[tuple[str, str, int]]:
        self.queried.append((shard, now))
        after, failure = self.breaks.get(shard, (None, None))
        yield from self.shards.get(shard, [])[:after]
        if failure is not None:
            raise failure

    def keep(self, execution_id: str, saga_name: str, hopeless: RejectedEvent) -> None:
        if self.keeping is not None:
            raise self.keeping
        self.set_aside.append((execution_id, saga_name, hopeless))

    def time_out(self, execution_id: str, saga_name: str) -> Verdict | None:
        self.tried.append((execution_id, saga_name))
        ending = self.endings.get(execution_id, Verdict.APPLIED)
        if isinstance(ending, Exception):
            raise ending
        return ending

    def sweep(self, shards: int = 1, first: int = 0, time_left: Callable[[], bool] = lambda: True) -> Sweep:
        store: Any = self
        with ThreadPoolExecutor(1) as executor:
            checker = TimeoutChecker(
                store=store,
                clock=lambda: NOW,
                time_out=self.time_out,
                set_aside=self.keep,
                executor=executor,
                told=self.told,
            )
            return checker.run(range(shards), first, time_left)


def due(count: int, name: str = "ex") -> list[tuple[str, str, int]]:
    return [(f"{name}-{number}", "a_saga", NOW - number) for number in range(count)]


def answers(*left: bool) -> Callable[[], bool]:
    given = iter(left)
    return lambda: next(given)


def test_every_shard_is_asked_once_beginning_with_the_first_named() -> None:
    index = Index({})

    assert index.sweep(shards=4, first=2) == Sweep()
    assert index.queried == [(2, NOW), (3, NOW), (0, NOW), (1, NOW)]


def test_what_is_due_in_all_shards_is_ended_and_added_up() -> None:
    index = Index({0: due(3, "a"), 1: [("b", "a_saga", NOW - 700)]}, {"a-1": Verdict.LATE})

    assert index.sweep(shards=2) == Sweep(due=4, timed_out=3, oldest_due_ms=700, unfinished=False)
    assert index.tried == [("a-0", "a_saga"), ("a-1", "a_saga"), ("a-2", "a_saga"), ("b", "a_saga")]


def test_the_oldest_is_remembered_from_earlier_pages() -> None:
    index = Index({0: [("a", "a_saga", NOW - 900)], 1: [("b", "a_saga", NOW - 5)]})

    assert index.sweep(shards=2).oldest_due_ms == 900


def test_pages_are_of_a_hundred_and_time_is_looked_at_between_them() -> None:
    index = Index({0: due(250)})

    sweep = index.sweep(time_left=answers(True, True, False, False))

    assert (sweep.due, sweep.timed_out, sweep.unfinished, len(index.tried)) == (200, 200, True, 200)
    assert sweep.oldest_due_ms == 199


def test_all_pages_are_ended_while_there_is_time() -> None:
    index = Index({0: due(250)})

    assert index.sweep() == Sweep(due=250, timed_out=250, oldest_due_ms=249, unfinished=False)


def test_without_time_nothing_is_begun() -> None:
    index = Index({0: due(1), 1: due(1)})

    assert index.sweep(shards=2, time_left=lambda: False) == Sweep(unfinished=True)
    assert (index.queried, index.tried) == ([], [])


def test_when_time_is_up_between_shards_the_sweep_says_so() -> None:
    index = Index({0: [("a", "a_saga", NOW - 7)], 1: due(1, "b")})

    assert index.sweep(shards=2, time_left=answers(True, True, False)) == Sweep(1, 1, 7, unfinished=True)
    assert index.tried == [("a", "a_saga")]


def test_what_may_pass_is_left_to_the_next_run_and_stays_unfinished_whatever_comes_after() -> None:
    index = Index({0: due(2, "a"), 1: due(1, "b")}, {"a-0": RetryableError("throttled")})

    assert index.sweep(shards=2) == Sweep(due=3, timed_out=2, oldest_due_ms=1, unfinished=True)


def test_a_saga_that_cannot_be_read_is_rejected_and_done_with() -> None:
    corrupt = CorruptSaga("no state")
    index = Index({0: due(2)}, {"ex-0": corrupt})

    assert index.sweep() == Sweep(due=2, timed_out=1, oldest_due_ms=1, unfinished=False)
    assert index.set_aside == [("ex-0", "a_saga", corrupt)]


def test_a_saga_on_which_code_breaks_is_set_aside_and_the_sweep_goes_on() -> None:
    index = Index({0: due(2, "a"), 1: due(1, "b")}, {"a-0": ZeroDivisionError("a user's value")})

    assert index.sweep(shards=2) == Sweep(due=3, timed_out=2, oldest_due_ms=1, unfinished=False)
    ((execution_id, saga_name, told),) = index.set_aside
    assert (execution_id, saga_name, told.reason) == ("a-0", "a_saga", RejectReason.UNEXPECTED_ERROR)
    assert "a user's value" not in told.detail


def test_what_is_set_aside_is_handed_over_once_by_a_process() -> None:
    index = Index({0: due(2)}, {"ex-0": CorruptSaga("no state")})

    assert [index.sweep().timed_out for _ in range(3)] == [1, 1, 1]
    assert len(index.set_aside) == 1


def test_what_cannot_be_set_aside_now_is_left_to_the_next_run() -> None:
    index = Index({0: due(2)}, {"ex-0": CorruptSaga("no state")}, keeping=RetryableError("no bucket"))

    assert index.sweep() == Sweep(due=2, timed_out=1, oldest_due_ms=1, unfinished=True)
    index.keeping = None
    assert index.sweep().unfinished is False
    assert len(index.set_aside) == 1


def test_a_shard_that_cannot_be_read_keeps_no_other_from_ending() -> None:
    throttled = RetryableError("throttled")
    index = Index({0: due(2, "a"), 1: due(2, "b")}, breaks={0: (1, throttled)})

    assert index.sweep(shards=2) == Sweep(due=3, timed_out=3, oldest_due_ms=1, unfinished=True, unread=(throttled,))
    assert [execution_id for execution_id, _ in index.tried] == ["a-0", "b-0", "b-1"]


def test_a_bug_in_reading_one_shard_ends_no_sweep() -> None:
    index = Index({0: due(2), 1: due(3, "other")}, breaks={0: (1, KeyError("deadline"))})

    sweep = index.sweep(shards=2)

    assert (sweep.timed_out, sweep.unfinished) == (4, True)
    assert [each.reason for each in sweep.unread if isinstance(each, RejectedEvent)] == [RejectReason.UNEXPECTED_ERROR]


def test_a_bug_in_setting_one_aside_ends_no_sweep_and_is_seen() -> None:
    index = Index({0: due(3)}, {"ex-1": ValueError("odd")}, keeping=KeyError("bucket"))

    sweep = index.sweep()

    assert (sweep.timed_out, sweep.unfinished, len(sweep.unread)) == (2, True, 1)
    assert index.told == set()
