"""What becomes of an order when attempts fall silent and answers come late: scenarios 1, 2, 4, 6, 7 and 13."""

from saga_testing.scenario import done, failed, refused
from tests.handlers.scenarios.stories import each_way, order


@each_way
def test_1_a_second_attempt_is_refused_and_the_first_was_done_after_all(lost: bool) -> None:
    s = order(answers_lost=lost)
    s.after(30)
    s.expects("RESERVE_CREDIT_COMMAND", attempt=2)
    s.replies(refused, reason="no_credit")
    undo = s.expects("RELEASE_CREDIT_COMMAND")
    assert undo["undoes"] == ["order_saga:o-1:reserve_credit#1", "order_saga:o-1:reserve_credit#2"]

    s.replies(done, to="reserve_credit#1")
    s.goes_on("compensating")

    s.replies(done, to=undo)
    s.ends("failed", reason="no_credit")


@each_way
def test_2_the_first_attempt_is_refused_while_the_second_is_under_way(lost: bool) -> None:
    s = order(answers_lost=lost)
    s.after(30)
    second = s.expects("RESERVE_CREDIT_COMMAND", attempt=2)
    s.replies(refused, to="reserve_credit#1", reason="no_credit")
    undo = s.expects("RELEASE_CREDIT_COMMAND")

    s.replies(done, to=second)
    s.goes_on("compensating")
    s.replies(done, to=undo)
    s.ends("failed", reason="no_credit")


@each_way
def test_2_the_second_attempt_was_done_and_says_so_after_the_end(lost: bool) -> None:
    s = order(answers_lost=lost)
    s.after(30)
    second = s.expects("RESERVE_CREDIT_COMMAND", attempt=2)
    s.replies(refused, to="reserve_credit#1")
    s.expects("RELEASE_CREDIT_COMMAND", attempt=1)
    s.replies(done)
    s.ends("failed", reason="refused")

    s.replies(done, to=second)
    s.expects("RELEASE_CREDIT_COMMAND", attempt=2)
    s.replies(done)
    s.ends("failed", reason="refused")


@each_way
def test_3_an_undo_overtakes_its_command(lost: bool) -> None:
    s = order(answers_lost=lost)
    s.cancels()
    s.expects("RELEASE_CREDIT_COMMAND")
    s.replies(done)
    s.ends("cancelled")

    s.replies(done, to="reserve_credit#1")
    s.expects("RELEASE_CREDIT_COMMAND", attempt=2)
    s.replies(done)
    s.ends("cancelled")


@each_way
def test_3_the_command_comes_after_its_undo_and_is_barred(lost: bool) -> None:
    s = order(answers_lost=lost)
    s.cancels()
    s.expects("RELEASE_CREDIT_COMMAND")
    s.replies(refused, to="reserve_credit#1")
    s.replies(done, to="RELEASE_CREDIT_COMMAND")
    s.ends("cancelled")


@each_way
def test_4_the_first_attempt_failed_after_the_second_was_asked(lost: bool) -> None:
    s = order(answers_lost=lost)
    s.after(30)
    second = s.expects("RESERVE_CREDIT_COMMAND", attempt=2)
    s.replies(failed, to="reserve_credit#1")
    s.after(5)
    s.expects_nothing()

    s.replies(done, to=second)
    s.expects("RESERVE_STOCK_COMMAND", attempt=1)


@each_way
def test_6_no_step_is_given_up_early_and_none_is_forgotten(lost: bool) -> None:
    s = order(answers_lost=lost)
    s.after(27)
    s.after(2.995)
    s.expects_nothing()
    s.reports("ORDER_APPROVED")
    s.expects_nothing()

    s.after(0.005)
    s.expects("RESERVE_CREDIT_COMMAND", attempt=2)
    s.after(0)
    s.expects_nothing()
    s.after(30)
    s.expects("RESERVE_CREDIT_COMMAND", attempt=3)
    s.after(30)
    s.expects("RELEASE_CREDIT_COMMAND")
    s.replies(done)
    s.ends("timeout", reason="no_answer")


@each_way
def test_7_everything_comes_in_one_burst_after_an_hour(lost: bool) -> None:
    s = order(answers_lost=lost)
    s.after(3600)
    attempts = [s.expects("RESERVE_CREDIT_COMMAND", attempt=number) for number in (2, 3)]
    undos = [s.expects("RELEASE_CREDIT_COMMAND", attempt=number) for number in (1, 2, 3)]
    for slowly in (4, 5, 6):
        s.expects("RELEASE_CREDIT_COMMAND", attempt=slowly)
    s.is_parked("reserve_credit")

    s.replies(failed, to="reserve_credit#1")
    for attempt in attempts:
        s.replies(failed, to=attempt)
    s.replies(done, to=undos[0])
    s.ends("timeout", reason="no_answer")


def test_13_a_done_without_its_data_is_taken_back() -> None:
    s = order()
    s.replies(done)
    s.expects("RESERVE_STOCK_COMMAND")
    s.replies(done, data={})
    for undo in (s.expects("RELEASE_STOCK_COMMAND"), s.expects("RELEASE_CREDIT_COMMAND")):
        s.replies(done, to=undo)
    s.ends("failed", reason="unusable_reply")


def test_13_a_done_of_nine_hundred_kilobytes_is_taken_back_and_one_with_more_than_is_kept_is_cut() -> None:
    s = order()
    s.replies(done, data={"anything": "x" * 5000})
    s.expects("RESERVE_STOCK_COMMAND")
    s.replies(done, data={"reservation": "x" * 900_000})
    undo = s.expects("RELEASE_STOCK_COMMAND")
    s.expects("RELEASE_CREDIT_COMMAND")
    s.replies(done)
    s.replies(done, to=undo)
    s.ends("failed", reason="unusable_reply")


def test_13_a_participant_that_answers_a_hundred_times_is_heard_once() -> None:
    s = order()
    s.replies(done)
    stock = s.expects("RESERVE_STOCK_COMMAND")
    for _ in range(100):
        s.replies(done, to="reserve_credit#1")
    saga = s.saga
    assert saga is not None
    assert len(saga.timeline) == 2

    s.replies(done, to=stock)
    s.expects("SHIP_ORDER_COMMAND")
