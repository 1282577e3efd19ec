"""The rental saga's stories."""

from saga_testing.scenario import Scenario, done, refused
from tests.handlers.own_saga.rental import RENTAL


def test_the_keys_are_handed_over() -> None:
    s = Scenario(RENTAL)
    s.starts(car="red", days=3)
    s.expects("HOLD_CAR_COMMAND", car="red")
    s.replies(done)
    s.expects("TAKE_DEPOSIT_COMMAND", days=3)
    s.replies(done, data={"receipt": "r-1"})
    s.expects("HAND_OVER_COMMAND", receipt="r-1")
    s.replies(done)
    s.expects("RENTAL_BEGUN", car="red")
    s.ends("completed")


def test_a_clerk_declines_a_long_rental_and_the_deposit_goes_back_before_the_car() -> None:
    s = Scenario(RENTAL, settings={"long_rental_days": 7})
    s.reports("RENTAL_DECLINED", by="clerk")
    s.starts(car="red", days=8)
    s.expects("HOLD_CAR_COMMAND")
    s.replies(done)
    s.expects("TAKE_DEPOSIT_COMMAND")
    s.replies(done)
    s.expects("PAY_BACK_COMMAND")
    s.replies(done)
    s.expects("RELEASE_CAR_COMMAND")
    s.replies(done)
    s.ends("failed", reason="refused")


def test_a_silent_car_park_is_asked_three_times() -> None:
    s = Scenario(RENTAL)
    s.starts(car="red", days=3)
    s.expects("HOLD_CAR_COMMAND", attempt=1)
    s.after(30)
    s.expects("HOLD_CAR_COMMAND", attempt=2)
    s.replies(refused, reason="no_such_car")
    s.expects("RELEASE_CAR_COMMAND")
    s.replies(done)
    s.ends("failed", reason="no_such_car")
