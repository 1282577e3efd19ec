"""Load with every invariant checked afterwards, and the orchestrator's own cost held to counts that do not drift."""

from tests.proof.load.lives import many_lives
from tests.proof.load.outages import relay_off_for_a_day, throttled_minute
from tests.proof.load.rushes import due_sagas, rush_for_a_limit, rush_for_one_saga
from tests.proof.load.sizes import CHOSEN
from tests.proof.load.soak import soak


def test_many_lives_with_duplicates_and_cancels() -> None:
    figures = many_lives(CHOSEN.lives)

    assert figures.calls_each < 3, "the relay's and the worker's included"


def test_more_requests_than_a_limit_has_room_for() -> None:
    rush_for_a_limit(CHOSEN.requests, CHOSEN.limit)


def test_one_saga_delivered_again_and_again() -> None:
    figures = rush_for_one_saga(CHOSEN.deliveries)

    assert figures.calls_each < 5


def test_many_due_sagas() -> None:
    figures = due_sagas(CHOSEN.due)

    assert figures.calls_each < 2.2, "a read and a write each, and the pages of the index"


def test_a_minute_in_which_every_call_is_throttled() -> None:
    throttled_minute(CHOSEN.requests)


def test_a_relay_that_was_off_for_longer_than_the_stream_keeps() -> None:
    figures = relay_off_for_a_day(CHOSEN.requests)

    assert figures.calls_each <= 2, "a read and a put for each saga"


def test_memory_does_not_grow_with_what_was_done() -> None:
    soak(lambda waves: waves < CHOSEN.soak_waves)
