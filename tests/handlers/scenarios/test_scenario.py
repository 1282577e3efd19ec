"""The kit itself: what it lets pass, what it does not, and what it says then."""

import pytest

from saga_testing.scenario import Scenario, done, refused
from sagas.order import ORDER
from tests.handlers.scenarios.stories import ITEMS, order


def test_an_order_in_ten_lines() -> None:
    s = Scenario(ORDER)
    s.starts(customer="c-1", amount=100, items=ITEMS)
    s.expects("RESERVE_CREDIT_COMMAND", customer="c-1", amount=100)
    s.replies(done)
    s.expects("RESERVE_STOCK_COMMAND", items=ITEMS)
    s.replies(done, data={"reservation": "shelf-7"})
    s.expects("SHIP_ORDER_COMMAND", reservation="shelf-7")
    s.replies(done)
    s.expects("ORDER_CONFIRMED", reservation="shelf-7")
    s.ends("completed")


def test_a_message_that_does_not_come_fails_and_tells_what_came() -> None:
    s = order()
    s.replies(done)

    with pytest.raises(AssertionError) as failed:
        s.expects("RESERVE_STOCK_COMMAND", attempt=2)

    text = str(failed.value)
    assert text.startswith("expected RESERVE_STOCK_COMMAND attempt=2, and it was not sent")
    assert "Sent, and not expected yet:\n  RESERVE_STOCK_COMMAND (reserve_stock#1)" in text
    assert "0.000 s  <- done for reserve_credit#1" in text


def test_a_message_that_nobody_expected_fails() -> None:
    s = order()
    s.replies(done)

    with pytest.raises(AssertionError, match=r"(?s)1 s pass: before that, these were sent.*RESERVE_STOCK_COMMAND"):
        s.after(1)


def test_an_end_that_does_not_come_fails() -> None:
    with pytest.raises(AssertionError, match="expected it to end completed, and it is running"):
        order().ends("completed")


def test_another_reason_fails() -> None:
    s = order()
    s.replies(refused, reason="no_credit")

    with pytest.raises(AssertionError, match="because of sold_out, and it was no_credit"):
        s.ends("failed", reason="sold_out")


def test_an_event_that_was_rejected_and_not_said_to_be_fails() -> None:
    s = order()
    s.cancels(by="eve")

    with pytest.raises(AssertionError, match="rejected as unauthorised_cancel, and nobody expected it"):
        s.goes_on()


def test_what_was_taken_is_not_said_to_be_rejected() -> None:
    with pytest.raises(AssertionError, match="rejected as malformed, and it was taken"):
        order().is_rejected("malformed")


def test_nobody_answers_what_was_never_sent() -> None:
    with pytest.raises(AssertionError, match="SHIP_ORDER_COMMAND was never sent"):
        order().replies(done, to="SHIP_ORDER_COMMAND")


def test_settings_are_those_of_a_deployment() -> None:
    s = order(settings={"order_reply_seconds": 5, "order_attempts": 1})

    s.after(5)

    s.expects("RELEASE_CREDIT_COMMAND")
