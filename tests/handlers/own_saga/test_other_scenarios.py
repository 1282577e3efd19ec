"""What happened to orders happens to sagas of other shapes: answers out of turn, parks, bursts, and a flood at once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing import Deployment
from saga_testing.lambda_context import Context
from saga_testing.participant import Participant
from saga_testing.samples.sample_events import iso
from saga_testing.scenario import Scenario, done, failed, refused, retry
from tests.handlers.own_saga.chain import CHAIN
from tests.handlers.own_saga.rental import RENTAL

DAY = 86_400


def rented(*, lost: bool = False, days: int = 3) -> Scenario:
    s = Scenario(RENTAL, answers_lost=lost)
    s.starts(car="red", days=days)
    return s


def booked(**options: Any) -> Scenario:
    """All three are booked, and the last word is asked for."""
    s = Scenario(CHAIN, **options)
    s.starts()
    for link in ("FIRST", "SECOND", "THIRD"):
        s.expects(f"BOOK_{link}_COMMAND")
        s.replies(done)
    s.expects("SAY_COMMAND")
    return s


@pytest.mark.parametrize("lost", [False, True], ids=["", "answers lost"])
def test_a_silent_attempt_that_was_done_is_taken_back_though_the_next_was_refused(lost: bool) -> None:
    s = rented(lost=lost)
    s.expects("HOLD_CAR_COMMAND", attempt=1)
    s.after(30)
    s.expects("HOLD_CAR_COMMAND", attempt=2)
    s.replies(refused, reason="no_such_car")
    s.expects("RELEASE_CAR_COMMAND", attempt=1)
    s.replies(done, to="hold_car#1")
    s.goes_on("compensating")
    s.replies(done, to="RELEASE_CAR_COMMAND")
    s.ends("failed", reason="no_such_car")


@pytest.mark.parametrize("lost", [False, True], ids=["", "answers lost"])
def test_what_says_done_after_the_end_is_asked_to_take_it_back_three_times_at_most(lost: bool) -> None:
    """Its undo had overtaken it, and the participant bars nothing."""
    s = rented(lost=lost)
    s.expects("HOLD_CAR_COMMAND")
    s.cancels()
    s.expects("RELEASE_CAR_COMMAND", attempt=1)
    s.replies(done)
    s.ends("cancelled")
    s.replies(done, to="hold_car#1")
    s.expects("RELEASE_CAR_COMMAND", attempt=2)
    for attempt in (3, 4):
        s.replies(failed)
        s.expects("RELEASE_CAR_COMMAND", attempt=attempt)
    s.replies(failed)
    s.ends("cancelled")


def test_a_failure_of_an_older_attempt_neither_tries_again_nor_gives_up() -> None:
    s = rented()
    s.expects("HOLD_CAR_COMMAND", attempt=1)
    s.after(30)
    s.expects("HOLD_CAR_COMMAND", attempt=2)
    s.replies(failed, to="hold_car#1")
    s.after(29)
    s.goes_on()
    s.replies(done, to="hold_car#2")
    s.expects("TAKE_DEPOSIT_COMMAND")


@pytest.mark.parametrize("early_ms", [5, 3000])
def test_nothing_is_given_up_early_however_often_somebody_looks(early_ms: int) -> None:
    deployment = Deployment(sagas=SagaRegistry((RENTAL,)))
    deployment.deliver(start("r-1"))
    deployment.now += 30_000 - early_ms
    for _ in range(5):
        deployment.check()
    assert sent(deployment, "r-1") == ["saga_started#1", "hold_car#1"]

    deployment.now += early_ms
    deployment.check()
    assert sent(deployment, "r-1")[-1] == "hold_car#2"


def test_a_parked_undo_between_two_barriers_holds_the_one_before_until_its_participant_returns() -> None:
    s = booked()
    s.replies(refused, reason="not_a_word")
    s.expects("FREE_THIRD_COMMAND")
    s.replies(done)
    s.expects("FREE_SECOND_COMMAND", attempt=1)
    s.replies(refused)
    s.is_parked("book_second")
    s.expects_nothing()
    assert s.saga is not None
    assert s.saga.claim is not None
    for attempt in range(2, 98):  # every quarter of an hour, for a day
        s.after(900)
        s.expects("FREE_SECOND_COMMAND", attempt=attempt)
    s.after(DAY)
    s.goes_on("compensating")
    s.replies(done, to="free_second#1")
    s.is_parked()
    s.expects("FREE_FIRST_COMMAND")
    s.replies(done)
    s.ends("failed", reason="not_a_word")
    assert s.saga.claim is None


def test_an_undo_has_all_its_attempts_and_the_first_error_stays() -> None:
    s = rented()
    for attempt in (1, 2, 3):
        s.expects("HOLD_CAR_COMMAND", attempt=attempt)
        s.after(30)
    for attempt in (1, 2, 3):
        s.expects("RELEASE_CAR_COMMAND", attempt=attempt)
        s.replies(failed, reason="closed")
        s.after(10)
    s.is_parked("hold_car")
    s.operator(retry)
    s.expects("RELEASE_CAR_COMMAND", attempt=4)
    s.replies(done)
    s.ends("timeout", reason="no_answer")


def test_past_the_keys_neither_cancel_nor_time_nor_two_operators_undo_anything() -> None:
    s = rented()
    s.expects("HOLD_CAR_COMMAND")
    s.replies(done)
    s.expects("TAKE_DEPOSIT_COMMAND")
    s.replies(done)
    s.expects("HAND_OVER_COMMAND", attempt=1)
    s.cancels()
    for attempt in (2, 3):
        s.after(30)
        s.expects("HAND_OVER_COMMAND", attempt=attempt)
    s.after(30)
    s.is_parked("hand_over")
    s.operator(retry)
    s.expects("HAND_OVER_COMMAND", attempt=4)
    s.operator(retry)
    s.is_rejected("not_parked")
    s.replies(refused, to="hand_over#1")
    s.goes_on()
    s.replies(done, to="hand_over#2")
    s.expects("RENTAL_BEGUN")
    s.ends("completed")


# -- bursts, and many at once


def start(key: str, days: int = 3) -> dict[str, Any]:
    return detail("RENTAL_ASKED", f"e-{key}", rental_id=key, car="red", days=days)


def detail(event_type: str, event_id: str, now: int | None = None, **fields: Any) -> dict[str, Any]:
    at = Deployment(sagas=SagaRegistry((RENTAL,))).now if now is None else now
    about = {"event_id": event_id, "event_type": event_type, "event_version": "1.0", "timestamp": iso(at)}
    return {**about, "metadata": {"service_name": "test", "correlation_id": "c-1", "user_id": "ada"}, **fields}


def sent(deployment: Deployment, key: str) -> list[str]:
    saga = deployment.saga(key, RENTAL.name)
    assert saga is not None
    return [message for entry in saga.timeline for message in entry.messages]


def test_an_hour_without_a_relay_ends_in_one_burst_that_leaves_nothing_held() -> None:
    """Every attempt has expired when it arrives: none is begun, and what is undone was never done."""
    held: set[str] = set()

    def take(message: dict[str, Any]) -> str:
        held.add(message["operation_id"])
        return "done"

    def take_back(message: dict[str, Any]) -> str:
        held.discard(message["operation_id"])
        return "done"

    participant = Participant(take, take_back, {})
    deployment = Deployment(sagas=SagaRegistry((RENTAL,)))
    deployment.deliver(start("r-1"))
    for _ in range(120):
        deployment.advance(30)
        deployment.check()

    seen = 0
    while seen < len(deployment.published) or deployment.relayed < len(deployment.records()):
        assert deployment.relay_stream()
        bodies, seen = deployment.published[seen:], len(deployment.published)
        for body in bodies:
            if "operation_id" in body:
                now = datetime.fromtimestamp(deployment.now / 1000, UTC)
                deployment.deliver({**participant.take(body, now), "metadata": {"service_name": "p"}})

    saga = deployment.saga("r-1", RENTAL.name)
    assert saga is not None
    assert (saga.state, saga.reason, held) == ("timeout", "no_answer", set())
    ids = [body["message_id"] for body in deployment.published]
    assert len(ids) == len(set(ids))


def test_three_hundred_waits_that_end_at_once_are_undone_once_each_by_three_checkers_of_which_one_is_cut_off() -> None:
    deployment = Deployment(sagas=SagaRegistry((RENTAL,)), settings={"DEFAULT_LANGUAGE_LIMIT": "0"})
    keys = [f"r-{number}" for number in range(300)]
    for key in keys:
        deployment.deliver(start(key, days=30))
        for message, kept in (("hold_car#1", {}), ("take_deposit#1", {"receipt": "x"})):
            deployment.deliver(answered(key, message, deployment.now, kept))
    deployment.advance(DAY)
    deployment.wire.before_call = Others(deployment)

    deployment.check(Context(remaining_ms=1))
    deployment.check()

    for key in keys:
        assert sent(deployment, key).count("pay_back#1") == 1, key
        assert "pay_back#2" not in sent(deployment, key)
    deployment.deliver(answered("r-7", "pay_back#1", deployment.now, {}))
    assert sent(deployment, "r-7")[-1] == "release_car#1"


def answered(key: str, message: str, now: int, kept: dict[str, str]) -> dict[str, Any]:
    address = f"{RENTAL.name}:{key}:{message}"
    told = {"in_reply_to": address, "outcome": "done", **({"data": kept} if kept else {})}
    return detail("COMMAND_REPLY", f"a-{key}-{message.replace('#', '.')}", now, **told)


class Others:
    """Two more checkers: one comes between the first one's calls, and another between that one's."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment, self.calls, self.come = deployment, 0, [40, 90]

    def __call__(self, _operation: str) -> None:
        self.calls += 1
        if self.come and self.calls > self.come[0]:
            self.come.pop(0)
            self.deployment.check()
