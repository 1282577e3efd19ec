"""A rental: a car, a deposit, a clerk's word for long ones, then the keys, which nothing takes back."""

from dataclasses import dataclass
from typing import Annotated, Final

from annotated_types import Ge, Len

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, Kept, Outcome, Retry, Start, Who
from saga_orchestrator.domain.states import SagaState


@dataclass(frozen=True, slots=True)
class RentalAsked:
    car: Annotated[str, Len(1, 32)]
    days: Annotated[int, Ge(1)]


THREE_TIMES: Final = Retry(attempts=3, backoff_seconds=2)
A_CLERK: Final = frozenset({Who.NOT_OWNER})

RENTAL: Final = SagaDefinition(
    name="rental_saga",
    version=1,
    starts=Start("RENTAL_ASKED", key="rental_id", input=RentalAsked),
    cancels="RENTAL_CANCELLED",
    settings={"long_rental_days": 14},
    within=7 * 86_400,
    steps=(
        Step(
            "hold_car",
            sends="hold_car",
            within=30,
            retry=THREE_TIMES,
            undo=Undo(sends="release_car", within=30, retry=THREE_TIMES),
        ),
        Step(
            "take_deposit",
            sends="take_deposit",
            within=60,
            keeps={"receipt": Kept(str, 32)},
            holds_earlier=True,
            undo=Undo(sends="pay_back", within=60, retry=THREE_TIMES),
        ),
        Step(
            "approve",
            when=lambda rental: rental.input["days"] > rental.settings["long_rental_days"],
            awaits=(
                Outcome("RENTAL_APPROVED", Answer.DONE, by=A_CLERK),
                Outcome("RENTAL_DECLINED", Answer.REFUSED, by=A_CLERK),
            ),
            within=86_400,
        ),
        Step("hand_over", sends="hand_over", within=30, retry=THREE_TIMES, pivot=True),
    ),
    messages={
        "hold_car": Command("HOLD_CAR_COMMAND", lambda rental: {"car": rental.input["car"]}),
        "release_car": Command("RELEASE_CAR_COMMAND"),
        "take_deposit": Command("TAKE_DEPOSIT_COMMAND", lambda rental: {"days": rental.input["days"]}),
        "pay_back": Command("PAY_BACK_COMMAND"),
        "hand_over": Command("HAND_OVER_COMMAND", lambda rental: {"receipt": rental.data["take_deposit"]["receipt"]}),
        "rental_begun": Announcement("RENTAL_BEGUN", lambda rental: {"car": rental.input["car"]}),
    },
    announces={SagaState.COMPLETED: ("rental_begun",)},
)
