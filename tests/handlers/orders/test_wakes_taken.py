"""Whatever becomes of a wake, no step is given up early or forgotten, and no saga keeps another asleep."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from saga_orchestrator.application import wakes
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.flow import deciding
from saga_orchestrator.domain.flow.dues import Wake, delay_seconds, pass_time
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.entrypoints.wakes.wake_function import SagaWake
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, WAKES
from saga_testing.faults import Fault
from sagas.order import ORDER
from tests.handlers.orders.shop import Shop
from tests.handlers.orders.waking import REPLY_MS, check_dues, order_wake, shop_with_wakes, waked

# -- 6: a wake after the reply, early, lost, five times, with an unrelated write between


def test_a_wake_after_the_reply_finds_nothing_due() -> None:
    shop = shop_with_wakes()
    wake = order_wake(shop)
    shop.reply("reserve_credit#1")
    before = shop.found()

    for now in (wake.due - 1, wake.due - 5, wake.due - 3000):
        shop.now = now
        assert shop.wake(*waked(wake)) == {"batchItemFailures": []}

    assert shop.found() == before
    assert shop.counted.counts["WakesIdle"] == 3


@pytest.mark.parametrize("early_ms", [1, 5, 3000])
@pytest.mark.parametrize("times", [1, 5])
def test_an_early_wake_gives_up_no_step_and_the_checker_forgets_none(early_ms: int, times: int) -> None:
    shop = shop_with_wakes()
    wake = order_wake(shop)
    before = shop.found()

    shop.now = wake.due - early_ms
    for _ in range(times):
        shop.wake(*waked(wake))
    assert shop.found() == before

    shop.now = wake.due
    shop.check()
    assert shop.sent()[-1] == "reserve_credit#2"


def test_a_lost_wake_is_the_checkers() -> None:
    shop = shop_with_wakes()
    shop.relay_stream()
    shop.now = order_wake(shop).due + 59_000

    shop.check()

    assert shop.sent()[-1] == "reserve_credit#2"


def test_five_wakes_one_after_the_other_and_five_at_once_ask_one_time() -> None:
    shop = shop_with_wakes()
    wake = order_wake(shop)
    shop.now = wake.due

    for _ in range(5):
        shop.wake(*waked(wake))
    shop.wake(*waked(*[wake] * 5))

    assert shop.sent().count("reserve_credit#2") == 1
    assert shop.counted.counts["WakesApplied"] == 1


def test_an_unrelated_write_between_changes_neither_due_nor_wake() -> None:
    shop = shop_with_wakes()
    shop.relay_stream()
    shop.advance(3)
    shop.order("APPROVED", user_id="boss")

    check_dues(shop)

    assert shop.counted.counts["WakesApplied"] == 1


def test_an_old_wake_moves_a_saga_that_is_due_by_its_own_deadline() -> None:
    """What it says of its due is for people: the saga is judged, whichever wake came for it."""
    shop = shop_with_wakes()
    due = shop.found().deadline or 0
    shop.now = due

    shop.wake(*waked(Wake("o-1", ORDER.name, due - 86_400_000)))

    assert shop.sent()[-1] == "reserve_credit#2"


# -- whom a wake is for may be anything by now


def test_wakes_for_what_is_gone_ended_or_unknown_are_done_with() -> None:
    shop = shop_with_wakes()
    shop.order("CANCELLED")
    shop.reply("release_credit#1")
    assert shop.state() == "cancelled"
    version = shop.found().version
    shop.advance(3600)
    others = (Wake("gone", ORDER.name, 1), Wake("o-1", "saga_of_tomorrow", 1), Wake("o-1", ORDER.name, 1))

    assert shop.wake(*waked(*others)) == {"batchItemFailures": []}

    assert shop.found().version == version
    assert (shop.counted.counts["WakesIdle"], shop.counted.counts["WakesLeft"]) == (2, 1)
    assert shop.reasons() == []


def test_a_saga_of_a_newer_version_is_left_to_newer_code() -> None:
    shop = shop_with_wakes()
    shop.register(SagaRegistry((*EXECUTIONS_AND_ORDERS, replace(ORDER, version=ORDER.version + 1))))
    shop.order("PLACED", order_id="newer")
    wake = order_wake(shop, "newer")
    shop.register(EXECUTIONS_AND_ORDERS)
    shop.now = wake.due

    assert shop.wake(*waked(wake)) == {"batchItemFailures": []}

    assert shop.sent("newer")[-1] == "reserve_credit#1"
    assert shop.counted.counts["WakesLeft"] == 1


@pytest.mark.parametrize("fault", [Fault.NOT_APPLIED, Fault.THROTTLED, Fault.PASSING_ANSWER])
@pytest.mark.parametrize("call", [0, 1])
def test_what_aws_cannot_do_now_comes_again_and_nothing_else_does(fault: Fault, call: int) -> None:
    shop = shop_with_wakes()
    shop.order("PLACED", order_id="other")
    due, other = order_wake(shop), order_wake(shop, "other")
    shop.now = due.due
    first = len(shop.wire.calls) + call
    shop.wire.plan.update(dict.fromkeys(range(first, first + 20), fault))  # a write has tries of its own

    answer = shop.wake(*waked(due))
    shop.wire.plan.clear()
    asked = shop.sent()[-1]
    after = shop.wake(*waked(due, other))

    assert (answer, asked) == ({"batchItemFailures": [{"itemIdentifier": "m-0"}]}, "reserve_credit#1")
    assert after == {"batchItemFailures": []}
    assert shop.sent().count("reserve_credit#2") == shop.sent("other").count("reserve_credit#2") == 1


def test_all_wakes_of_a_saga_that_cannot_be_read_come_again() -> None:
    shop = shop_with_wakes()
    wake = order_wake(shop)
    shop.wire.plan[len(shop.wire.calls)] = Fault.NOT_APPLIED

    answer = shop.wake(*waked(wake, wake, Wake("gone", ORDER.name, 1), wake))

    assert answer == {"batchItemFailures": [{"itemIdentifier": f"m-{place}"} for place in (0, 1, 3)]}


POISON: Final = (
    *(
        "",
        "wake up!",
        "[]",
        "null",
        "{}",
        '{"execution_id": "o-1"}',
        '{"execution_id": "o-1", "saga_name": 7, "due": 1}',
    ),
    *(
        '{"execution_id": "o/1", "saga_name": "order_saga", "due": 1}',
        '{"execution_id": "", "saga_name": "x", "due": 1}',
    ),
    *('{"execution_id": "o-1", "saga_name": "order_saga", "due": "1"}', "[" * 100_000, '"\ud800"'),
)


@pytest.mark.parametrize("body", POISON, ids=range(len(POISON)))
def test_a_poison_body_is_rejected_with_its_own_reason_and_keeps_nobody_asleep(body: str) -> None:
    shop = shop_with_wakes()
    shop.now = order_wake(shop).due

    answer = shop.wake(*waked(body, order_wake(shop)))

    assert answer == {"batchItemFailures": []}
    assert shop.reasons() == ["not_a_wake"]
    assert shop.sent()[-1] == "reserve_credit#2"


def test_a_poison_body_that_cannot_be_kept_comes_again() -> None:
    shop = shop_with_wakes()
    shop.wire.plan[len(shop.wire.calls)] = Fault.THROTTLED

    assert shop.wake(*waked("wake up!")) == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}


@pytest.mark.parametrize("invocation", [None, {}, [], {"Records": [{}]}, {"Records": [{"eventSource": "aws:kafka"}]}])
def test_what_is_no_batch_of_the_queue_is_an_error(invocation: Any) -> None:
    with pytest.raises(RejectedEvent, match="unrecognised_invocation"):
        SagaWake(shop_with_wakes().at).run(invocation, None)


def test_a_burst_of_three_hundred_wakes_suffers_from_no_saga_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(dict(WAKES))
    for number in range(300):
        shop.order("PLACED", order_id=f"o-{number}")
    shop.relay_stream()
    time_out = type(shop.at.writer).time_out

    def some_raise(self: Any, execution_id: str, *rest: Any) -> Any:
        if execution_id in {"o-7", "o-100"}:
            raise ZeroDivisionError
        return time_out(self, execution_id, *rest)

    monkeypatch.setattr(type(shop.at.writer), "time_out", some_raise)
    shop.advance(32)
    assert shop.wake_up() == 300

    asked = [number for number in range(300) if shop.sent(f"o-{number}")[-1] == "reserve_credit#2"]
    assert len(asked) == 298
    assert shop.counted.counts["WakesLeft"] == 2
    assert shop.reasons() == []  # the checker keeps them, once
    shop.check()
    assert shop.reasons() == ["unexpected_error"] * 2


# -- planted: each of these must be found by what stands above


def believes_the_wake(draft: Any, turn: Any) -> Any:
    return pass_time(draft, replace(turn, now=draft.saga.deadline or turn.now))


PLANTED: Final[dict[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "wake believed": lambda patch: patch.setattr(deciding, "pass_time", believes_the_wake),
    "wake early": lambda patch: patch.setattr(wakes, "delay_seconds", lambda due, now: max(0, (due - now) // 1000 - 1)),
    "wake late": lambda patch: patch.setattr(wakes, "delay_seconds", lambda due, now: delay_seconds(due, now) + 60),
    "wake never told": lambda patch: patch.setattr("saga_orchestrator.domain.flow.closing._wake", lambda *_: None),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[bug](monkeypatch)
    shop = shop_with_wakes()
    wake = order_wake(shop)

    def scenario() -> None:
        shop.now = wake.due - 5
        shop.wake(*waked(wake))
        assert shop.sent()[-1] == "reserve_credit#1"
        shop.now = wake.due - REPLY_MS
        check_dues(shop)

    with pytest.raises(AssertionError):
        scenario()
