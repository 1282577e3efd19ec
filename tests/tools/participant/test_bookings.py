"""The eight rules of docs/participant-contract.md, on the local participant's memory."""

from datetime import UTC, datetime, timedelta

import pytest

from local_participant.bookings import Answer, Bookings, Outcome
from local_participant.commands import MalformedCommandError, parse_command
from tests.tools.participant.samples import command


def take(
    bookings: Bookings, kind: str, attempt: int = 1, wish: Outcome = Outcome.DONE, *, too_late: bool = False
) -> Answer:
    asked = parse_command(command(kind, attempt))
    return bookings.take(asked, wish, datetime.now(UTC) + timedelta(minutes=2 if too_late else 0))


@pytest.fixture
def bookings() -> Bookings:
    return Bookings()


def test_one_effect_and_one_answer_for_every_attempt(bookings: Bookings) -> None:
    first, second = take(bookings, "reserve_stock", 1), take(bookings, "reserve_stock", 2)

    assert first == second
    assert (first.outcome, len(first.data["reservation"]) <= 64) == (Outcome.DONE, True)
    assert bookings.held() == ["order-1 RESERVE_STOCK_COMMAND"]


def test_a_done_of_another_sagas_command_brings_what_that_saga_keeps() -> None:
    told = Bookings({"RESERVE_CREDIT_COMMAND": {"receipt": "x"}})

    assert take(told, "reserve_credit").data == {"receipt": "x"}
    assert take(Bookings(), "reserve_credit").data == {}


def test_a_refusal_is_the_answer_of_every_later_attempt(bookings: Bookings) -> None:
    take(bookings, "reserve_credit", 1, Outcome.REFUSED)

    assert take(bookings, "reserve_credit", 2).outcome is Outcome.REFUSED
    assert bookings.held() == []


def test_a_failure_is_one_attempts_own(bookings: Bookings) -> None:
    assert take(bookings, "reserve_credit", 1, Outcome.FAILED).outcome is Outcome.FAILED
    assert take(bookings, "reserve_credit", 2).outcome is Outcome.DONE
    assert take(bookings, "reserve_credit", 1).outcome is Outcome.FAILED  # the same message again


def test_nothing_is_begun_too_late_and_what_was_begun_before_is_still_said(bookings: Bookings) -> None:
    assert take(bookings, "reserve_credit", 1, too_late=True) == Answer(Outcome.FAILED, "expired")
    assert bookings.held() == []

    take(bookings, "reserve_credit", 2)
    assert take(bookings, "reserve_credit", 3, too_late=True).outcome is Outcome.DONE


def test_an_undo_takes_back_and_bars(bookings: Bookings) -> None:
    take(bookings, "reserve_stock")

    assert take(bookings, "release_stock").outcome is Outcome.DONE
    take(bookings, "reserve_stock", 2)
    assert bookings.held() == []


def test_the_undo_of_the_unknown_is_done_and_its_command_refused_ever_after(bookings: Bookings) -> None:
    assert take(bookings, "release_stock").outcome is Outcome.DONE
    assert take(bookings, "reserve_stock") == Answer(Outcome.REFUSED, "barred")
    assert take(bookings, "reserve_stock", 2).outcome is Outcome.REFUSED
    assert bookings.held() == []


def test_an_undo_that_does_not_work_takes_nothing_back(bookings: Bookings) -> None:
    take(bookings, "reserve_stock")
    take(bookings, "release_stock", 1, Outcome.FAILED)

    assert bookings.held() == ["order-1 RESERVE_STOCK_COMMAND"]
    take(bookings, "release_stock", 2)
    assert bookings.held() == []


@pytest.mark.parametrize("field", ["message_id", "operation_id", "attempt", "expires_at", "execution_id"])
def test_what_is_no_command_is_named_by_its_field(field: str) -> None:
    body = command("reserve_stock")
    del body[field]

    with pytest.raises(MalformedCommandError, match=field):
        parse_command(body)
