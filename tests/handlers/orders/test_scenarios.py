"""The leaks that attempts, replies, time and people can open between them, each played through the real handlers."""

from itertools import permutations
from typing import Final

import pytest

from saga_testing.samples.sample_orders import CUSTOMER
from tests.handlers.orders.shop import Shop, placed, reserved

QUARTER: Final = 15 * 60


def silent(shop: Shop, attempts: int = 1) -> Shop:
    """So many attempts of what is asked for go by without an answer."""
    for _ in range(attempts):
        shop.wait(31, every=31)
    return shop


# -- 1 and 2: attempts that contradict each other


def test_a_done_of_a_silent_attempt_is_taken_back_though_another_was_refused() -> None:
    shop = silent(placed())
    shop.reply("reserve_credit#2", outcome="refused", reason="no_credit")
    assert (shop.state(), shop.sent()[-2:]) == ("compensating", ["release_credit#1", "saga_compensating#1"])

    shop.reply("reserve_credit#1")
    shop.reply("release_credit#1")

    assert (shop.state(), shop.found().reason, shop.standing("reserve_credit")) == ("failed", "no_credit", "undone")
    assert shop.reasons() == []


def test_a_refusal_of_attempt_one_while_two_is_under_way_takes_back_what_two_may_do() -> None:
    shop = silent(placed())
    shop.reply("reserve_credit#1", outcome="refused")
    assert shop.sent()[-2:] == ["release_credit#1", "saga_compensating#1"]

    shop.reply("reserve_credit#2")
    shop.reply("release_credit#1")

    assert shop.state() == "failed"


def test_a_done_after_the_end_asks_for_the_undo_again_and_changes_no_state() -> None:
    shop = silent(placed())
    shop.reply("reserve_credit#1", outcome="refused")
    shop.reply("release_credit#1")
    ended = shop.found().state

    shop.reply("reserve_credit#2")

    assert shop.sent()[-1] == "release_credit#2"
    assert shop.found().state is ended
    shop.reply("release_credit#2")
    assert shop.found().state is ended
    assert shop.sent().count("saga_failed#1") == 1


# -- 3: an undo that overtakes its command


def test_a_command_that_is_executed_after_its_undo_is_taken_back_three_times_at_most() -> None:
    shop = placed()
    shop.order("CANCELLED")
    shop.reply("release_credit#1")
    assert shop.state() == "cancelled"

    for number in range(1, 8):
        shop.reply("reserve_credit#1", event_id=f"late-{number}")
    assert [key for key in shop.sent() if key.startswith("release_credit")][1:] == ["release_credit#2"]
    for number in (2, 3, 4, 5):
        if f"release_credit#{number}" in shop.sent():
            shop.reply(f"release_credit#{number}", outcome="failed")

    assert len([key for key in shop.sent() if key.startswith("release_credit")]) <= 4
    assert shop.state() == "cancelled"


# -- 4: a failure of an attempt that is not the latest


def test_a_failure_of_an_older_attempt_is_only_marked() -> None:
    shop = silent(placed())

    shop.reply("reserve_credit#1", outcome="failed")

    assert (shop.standing("reserve_credit"), shop.sent()[-1]) == ("asked", "reserve_credit#2")
    assert shop.state() == "running"


# -- 6: what looks too early, too often, or not at all


@pytest.mark.parametrize("early_ms", [1, 5, 3000])
def test_a_step_is_never_given_up_early(early_ms: int) -> None:
    shop = placed()
    due = shop.found().deadline or 0

    for _ in range(5):
        shop.now = due - early_ms
        shop.at.writer.time_out("o-1", "order_saga", shop.at.rules[1])
    assert shop.sent()[-1] == "reserve_credit#1"

    shop.now = due
    for _ in range(5):
        shop.at.writer.time_out("o-1", "order_saga", shop.at.rules[1])
    assert shop.sent()[-1] == "reserve_credit#2"
    assert shop.sent().count("reserve_credit#2") == 1


def test_a_look_after_the_reply_finds_nothing_due() -> None:
    shop = placed()
    due = shop.found().deadline or 0
    shop.reply("reserve_credit#1")
    version = shop.found().version
    shop.now = due

    shop.at.writer.time_out("o-1", "order_saga", shop.at.rules[1])

    assert shop.found().version in {version, version + 1}
    assert shop.sent()[-1] in {"reserve_stock#1", "reserve_stock#2"}
    assert shop.standing("reserve_credit") == "done"


# -- 8: an approval before its time


def test_an_approval_before_the_order_and_one_while_credit_is_asked_are_applied_once() -> None:
    shop = Shop()
    shop.order("APPROVED", user_id="boss")
    shop.order("PLACED", amount=2000)
    shop.order("APPROVED", user_id="other")
    assert shop.standing("reserve_credit") == "asked"

    shop.reply("reserve_credit#1", "reserve_stock#1")

    assert shop.sent().count("ship_order#1") == 1
    assert shop.standing("ship") == "asked"


# -- 9: a parked undo, its slow questions, and a participant that comes back


def test_an_undo_that_nobody_confirms_is_parked_told_once_asked_slowly_and_cleared_by_a_late_done() -> None:
    shop = placed()
    shop.order("CANCELLED")
    silent(shop, 3)
    assert (shop.standing("reserve_credit"), shop.state()) == ("undo_parked", "compensating")
    assert (shop.found().mark or "").startswith("parked#")
    assert shop.counted.counts["StepsParked"] == 1
    asked = len(shop.sent())

    shop.wait(QUARTER * 4, every=QUARTER)
    assert len(shop.sent()) == asked + 4
    shop.wait(2 * 86_400, every=QUARTER)
    assert len(shop.sent()) <= asked + 96
    assert shop.found().deadline is None
    assert shop.found().expires is None
    assert shop.counted.counts["StepsParked"] == 1

    shop.reply("release_credit#2")
    assert (shop.state(), (shop.found().mark or "").partition("#")[0]) == ("cancelled", "ended")


# -- 11: the pivot


@pytest.mark.parametrize("order", [*permutations(("cancel", "silence", "refused"))], ids="-".join)
def test_from_the_pivot_on_neither_cancel_nor_time_undoes_anything(order: tuple[str, ...]) -> None:
    shop = reserved()
    asked = 1
    for name in order:
        if name == "cancel":
            shop.order("CANCELLED")
        elif name == "silence" and shop.standing("ship") == "asked":
            silent(shop)
            asked = 2
        elif name == "refused":
            shop.reply(f"ship_order#{asked}", outcome="refused")
        refused = order.index("refused") <= order.index(name)
        assert refused or "release_credit#1" not in shop.sent()

    # Refused with no attempt unanswered it is known not to have happened; otherwise nobody knows.
    expected = "running" if "silence" in order[: order.index("refused")] else "compensating"
    assert shop.state() == expected


def test_a_parked_pivot_rests_running_and_two_reports_settle_it_once() -> None:
    shop = silent(reserved(), 3)
    assert (shop.state(), shop.standing("ship")) == ("running", "stuck")
    assert (shop.found().mark or "").startswith("parked#")

    shop.reply("ship_order#2")
    shop.reply("ship_order#3")

    assert (shop.state(), shop.found().mark) == ("completed", None)
    assert shop.sent().count("order_confirmed#1") == 1


# -- 13: what a participant may send


@pytest.mark.parametrize(
    "data",
    [None, {}, {"reservation": 7}, {"reservation": "x" * 65}, {"reservation": None}, {"reservation": "\ud800"}, "text"],
)
def test_a_done_without_usable_data_is_done_is_owed_its_undo_and_compensates(data: object) -> None:
    shop = placed()
    shop.reply("reserve_credit#1")

    shop.reply("reserve_stock#1", data=data)

    assert shop.reasons() == []
    assert (shop.state(), shop.found().reason) == ("compensating", "unusable_reply")
    assert shop.found().completed_steps == ("reserve_credit", "reserve_stock")
    assert {"release_stock#1", "release_credit#1"} <= {*shop.sent()}
    assert shop.found().data == {}


def test_of_data_only_declared_fields_are_kept_however_much_else_there_is() -> None:
    shop = placed()
    shop.reply("reserve_credit#1", data={"secret": "s" * 1000})

    shop.reply("reserve_stock#1", data={"reservation": "shelf-1", "more": "x" * 900_000, "__class__": 1})

    assert shop.found().data == {"reserve_stock": {"reservation": "shelf-1"}}
    assert shop.standing("ship") == "asked"


def test_a_participant_that_answers_again_and_again_writes_nothing_more() -> None:
    shop = placed()
    shop.reply("reserve_credit#1")
    version = shop.found().version

    for number in range(200):
        shop.reply("reserve_credit#1", outcome=("done", "refused", "failed")[number % 3])

    assert shop.found().version == version
    assert shop.counted.counts["LateReplies"] == 200
    assert shop.counted.counts["ContradictingOutcomes"] > 0
    assert shop.reasons() == []


# -- 15: an undo has attempts of its own


def test_an_undo_has_all_its_attempts_though_the_step_used_up_its_own_and_the_first_error_stays() -> None:
    shop = placed()
    for attempt in (1, 2):
        shop.reply(f"reserve_credit#{attempt}", outcome="failed", reason="busy")
        shop.wait(10, every=1)
    silent(shop)
    assert (shop.state(), shop.found().outcome) == ("compensating", "timeout")
    reason = shop.found().reason

    for attempt in (1, 2):
        shop.reply(f"release_credit#{attempt}", outcome="failed", reason="also_busy")
        shop.wait(10, every=1)
    assert shop.sent()[-1] == "release_credit#3"
    shop.reply("release_credit#3")

    assert (shop.state(), shop.found().reason) == ("timeout", reason)


def test_owner_of_the_order_stays_who_placed_it() -> None:
    assert placed().found().owner == CUSTOMER
