"""Definitions of other shapes than the order's, for proofs of whatever a definition can say."""

from dataclasses import dataclass
from typing import Annotated, Final

from annotated_types import Ge, Len

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import (
    Announcement,
    Answer,
    Command,
    Kept,
    OnExhausted,
    Outcome,
    Retry,
    Start,
    View,
    Who,
)
from saga_orchestrator.domain.states import SagaState


@dataclass(frozen=True, slots=True)
class TripAsked:
    traveller: Annotated[str, Len(1, 64)]
    days: Annotated[int, Ge(1)]


def known_so_far(trip: View) -> dict[str, object]:
    """All that a message may see: what a later one sees as well must not get into an earlier one."""
    return {
        "days": trip.input["days"],
        "done": list(trip.completed_steps),
        "kept": {step: dict(kept) for step, kept in trip.data.items()},
        "patience": trip.settings["patience_seconds"],
    }


def ended(trip: View) -> dict[str, object]:
    return {"outcome": trip.outcome, "reason": trip.reason}


PATIENCE: Final = "patience_seconds"
TWICE: Final = Retry(attempts=2, backoff_seconds=4)

TRIP: Final = SagaDefinition(
    name="trip_saga",
    version=1,
    starts=Start("TRIP_ASKED", key="trip_id", input=TripAsked),
    cancels="TRIP_CANCELLED",
    settings={PATIENCE: 40, "long_trip_days": 7},
    within=600,
    steps=(
        Step("check_days", check=lambda trip: "too_long" if trip.input["days"] > 30 else None),
        Step("take_seat", claims=lambda _trip: "seats", emits=("seat_taken",), undo=Undo(emits=("seat_freed",))),
        Step(
            "hold_flight",
            sends="hold_flight",
            within=PATIENCE,
            retry=TWICE,
            keeps={"price": Kept(int)},
            holds_earlier=True,
            undo=Undo(sends="free_flight", within=PATIENCE, retry=TWICE),
        ),
        Step(
            "visa",
            when=lambda trip: trip.input["days"] > trip.settings["long_trip_days"],
            awaits=(
                Outcome("VISA_GIVEN", Answer.DONE, by=frozenset({Who.OWNER})),
                Outcome("VISA_DENIED", Answer.REFUSED, by=frozenset({Who.NOT_OWNER})),
            ),
            within=120,
        ),
        Step(
            "hold_hotel",
            sends="hold_hotel",
            within=20,
            retry=TWICE,
            on_exhausted=OnExhausted.PARK,
            holds_earlier=True,
            undo=Undo(sends="free_hotel", within=20, emits=("hotel_freed",)),
        ),
        Step("pay", sends="pay", within=20, retry=TWICE, pivot=True),
        Step("send_tickets", sends="send_tickets", within=20, emits=("paid",)),
    ),
    messages={
        "seat_taken": Announcement("SEAT_TAKEN"),
        "seat_freed": Announcement("SEAT_FREED", ended),
        "hold_flight": Command("HOLD_FLIGHT_COMMAND", known_so_far),
        "free_flight": Command("FREE_FLIGHT_COMMAND", ended),
        "hold_hotel": Command("HOLD_HOTEL_COMMAND", known_so_far),
        "free_hotel": Command("FREE_HOTEL_COMMAND", ended),
        "hotel_freed": Announcement("HOTEL_FREED"),
        "pay": Command("PAY_COMMAND", lambda trip: {"price": trip.data["hold_flight"]["price"], **known_so_far(trip)}),
        "paid": Announcement("TRIP_PAID", known_so_far),
        "send_tickets": Command("SEND_TICKETS_COMMAND", known_so_far),
        "trip_booked": Announcement("TRIP_BOOKED", known_so_far),
        "trip_off": Announcement("TRIP_OFF", ended),
    },
    announces={SagaState.COMPLETED: ("trip_booked",), SagaState.CANCELLED: ("trip_off",)},
)

SEAT: Final = SagaDefinition(
    name="seat_saga",
    version=1,
    starts=Start("SEAT_ASKED", key="seat_id", input=dict),
    steps=(
        Step("left", sends="take_left", within=30, undo=Undo(sends="drop_left", within=30)),
        Step("seat", claims=lambda _asked: "seats", undo=Undo()),
        Step("right", sends="take_right", within=30),
    ),
    messages={kind: Command(kind.upper()) for kind in ("take_left", "drop_left", "take_right")},
)
"""A slot taken in the middle, and something before it that takes longer to undo."""

PAIR: Final = SagaDefinition(
    name="pair_saga",
    version=1,
    starts=Start("PAIR_ASKED", key="pair_id", input=dict),
    cancels="PAIR_CANCELLED",
    steps=(
        Step("left", sends="take_left", within=30, retry=Retry(2), undo=Undo(sends="drop_left", within=30)),
        Step("right", sends="take_right", within=30, holds_earlier=True, undo=Undo(sends="drop_right", within=30)),
    ),
    messages={kind: Command(kind.upper()) for kind in ("take_left", "drop_left", "take_right", "drop_right")},
)
"""Small enough to go through whole."""
