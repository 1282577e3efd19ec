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


@dataclass(frozen=True, slots=True)
class ErrandAsked:
    by_car: bool = False


ERRAND: Final = SagaDefinition(
    name="errand_saga",
    version=1,
    starts=Start("ERRAND_ASKED", key="errand_id", input=ErrandAsked),
    cancels="ERRAND_CANCELLED",
    steps=(
        Step(
            "car",
            when=lambda errand: bool(errand.input["by_car"]),
            sends="take_car",
            within=30,
            holds_earlier=True,
            undo=Undo(sends="return_car", within=30),
        ),
        # True once it is too late to ask: whoever judges it twice asks for it behind the next one.
        Step("fuel", when=lambda errand: "goods" in errand.completed_steps, sends="buy_fuel", within=30),
        Step(
            "goods",
            sends="fetch_goods",
            within=30,
            retry=TWICE,
            keeps={"weight": Kept(int), "lot": Kept(str)},
            holds_earlier=True,
            undo=Undo(sends="return_goods", within=30),
        ),
        Step("note", emits=("noted",), holds_earlier=True, undo=Undo(emits=("note_gone",))),
        Step("bill", sends="send_bill", within=30, keeps={"total": Kept(int)}),
        Step("thanks", sends="say_thanks", within=30, holds_earlier=True, undo=Undo(sends="say_sorry", within=30)),
    ),
    messages={
        "take_car": Command("TAKE_CAR_COMMAND"),
        "return_car": Command("RETURN_CAR_COMMAND", ended),
        "buy_fuel": Command("BUY_FUEL_COMMAND"),
        "fetch_goods": Command("FETCH_GOODS_COMMAND"),
        "return_goods": Command("RETURN_GOODS_COMMAND", ended),
        "noted": Announcement("ERRAND_NOTED"),
        "note_gone": Announcement("ERRAND_NOTE_GONE", ended),
        "send_bill": Command("SEND_BILL_COMMAND", lambda errand: {"weight": errand.data["goods"]["weight"]}),
        "say_thanks": Command("SAY_THANKS_COMMAND", lambda errand: {"total": errand.data["bill"]["total"]}),
        "say_sorry": Command("SAY_SORRY_COMMAND", ended),
    },
)
"""Its first step is conditional, each undo holds the earlier ones, one has no command, and two steps have none."""

VISIT: Final = SagaDefinition(
    name="visit_saga",
    version=1,
    starts=Start("VISIT_ASKED", key="visit_id", input=dict),
    cancels="VISIT_CANCELLED",
    within=130,
    steps=(
        Step("entry", emits=("visit_noted",), undo=Undo(emits=("visit_struck",))),
        Step(
            "invitation",
            awaits=(
                Outcome("VISIT_INVITED", Answer.DONE, by=frozenset({Who.OWNER})),
                Outcome("VISIT_REFUSED", Answer.REFUSED, by=frozenset({Who.OWNER})),
            ),
            within=100,
            undo=Undo(emits=("invitation_void",)),
        ),
        Step(
            "arrival",
            awaits=(
                Outcome("VISITOR_ARRIVED", Answer.DONE, by=frozenset({Who.ANYONE}), implies=True),
                Outcome("VISITOR_LOST", Answer.FAILED, by=frozenset({Who.NOT_OWNER})),
            ),
            within=60,
        ),
    ),
    messages={
        "visit_noted": Announcement("VISIT_NOTED"),
        "visit_struck": Announcement("VISIT_STRUCK", ended),
        "invitation_void": Announcement("INVITATION_VOID", ended),
        "visit_over": Announcement("VISIT_OVER", ended),
        "visit_late": Announcement("VISIT_LATE", ended),
    },
    announces={SagaState.COMPLETED: ("visit_over",), SagaState.TIMEOUT: ("visit_late",)},
)
"""Events alone: nobody is asked anything, and an arrival implies that there was an invitation."""

GATES: Final = SagaDefinition(
    name="gates_saga",
    version=1,
    starts=Start("GATES_ASKED", key="gates_id", input=dict),
    cancels="GATES_CANCELLED",
    steps=(
        Step("key", sends="lend_key", within=30, undo=Undo(sends="take_key_back", within=30)),
        Step("permit", awaits=(Outcome("GATE_PERMITTED", Answer.DONE, by=frozenset({Who.NOT_OWNER})),), within=60),
        Step("gate", sends="open_gate", within=20, retry=TWICE, pivot=True),
        Step(
            "passage",
            awaits=(
                Outcome("PASSED_THROUGH", Answer.DONE, by=frozenset({Who.OWNER})),
                Outcome("TURNED_BACK", Answer.REFUSED, by=frozenset({Who.OWNER})),
            ),
            within=60,
        ),
        Step("round", sends="walk_round", within=20),
    ),
    messages={
        kind: Command(f"{kind.upper()}_COMMAND") for kind in ("lend_key", "take_key_back", "open_gate", "walk_round")
    },
)
"""The point of no return between two steps that wait for people."""
