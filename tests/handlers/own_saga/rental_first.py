"""A rental: a car is held, and let go again when the customer changes his mind."""

from dataclasses import dataclass
from typing import Annotated, Final

from annotated_types import Ge, Len

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Command, Start


@dataclass(frozen=True, slots=True)
class RentalAsked:
    car: Annotated[str, Len(1, 32)]
    days: Annotated[int, Ge(1)]


RENTAL: Final = SagaDefinition(
    name="rental_saga",
    version=1,
    starts=Start("RENTAL_ASKED", key="rental_id", input=RentalAsked),
    cancels="RENTAL_CANCELLED",
    steps=(Step("hold_car", sends="hold_car", within=30, undo=Undo(sends="release_car", within=30)),),
    messages={
        "hold_car": Command("HOLD_CAR_COMMAND", lambda rental: {"car": rental.input["car"]}),
        "release_car": Command("RELEASE_CAR_COMMAND"),
    },
)
