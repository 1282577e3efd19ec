"""Two sagas that take a slot: one as it starts, one when a participant has answered."""

from dataclasses import dataclass
from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Command, Retry, Start
from saga_orchestrator.domain.registry import SagaRegistry

ROOM: Final = "room"
"""What both take one of."""


@dataclass(frozen=True, slots=True)
class Wish:
    nights: int


TAKES_A_ROOM: Final = Step("take_room", claims=lambda _view: ROOM, undo=Undo(releases=True))
ASKS: Final = Step("ask", sends="ask", within=30, retry=Retry(), undo=Undo(sends="take_back", within=30))
LEAVES: Final = Step("leave", sends="leave", within=30)
MESSAGES: Final = {
    "ask": Command("ASK_COMMAND"),
    "take_back": Command("TAKE_BACK_COMMAND"),
    "leave": Command("LEAVE_COMMAND"),
}
AT_THE_START: Final = SagaDefinition(
    name="stay_saga",
    version=1,
    starts=Start("STAY_WANTED", key="stay_id", input=Wish),
    cancels="STAY_CANCELLED",
    steps=(TAKES_A_ROOM, ASKS, LEAVES),
    messages=MESSAGES,
)
AFTER_AN_ANSWER: Final = SagaDefinition(
    name="trip_saga",
    version=1,
    starts=Start("TRIP_WANTED", key="trip_id", input=Wish),
    cancels="TRIP_CANCELLED",
    steps=(ASKS, TAKES_A_ROOM, LEAVES),
    messages=MESSAGES,
)
CLAIMING: Final = SagaRegistry((AT_THE_START, AFTER_AN_ANSWER))
