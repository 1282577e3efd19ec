"""A parcel in two versions: collected and delivered; and, from the second on, tracked and insured in between."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Announcement, Answer, Command, Kept, Outcome, Retry, Start
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.states import SagaState


@dataclass(frozen=True, slots=True)
class ParcelSent:
    contents: str


TWICE: Final = Retry(attempts=2, backoff_seconds=2)
COLLECT: Final = Step(
    "collect", sends="collect_parcel", within=30, retry=TWICE, undo=Undo(sends="return_parcel", within=30, retry=TWICE)
)
DELIVER: Final = Step("deliver", sends="deliver_parcel", within=30, retry=TWICE, pivot=True)

FIRST: Final = SagaDefinition(
    name="parcel_saga",
    version=1,
    starts=Start("PARCEL_SENT", key="parcel_id", input=ParcelSent),
    cancels="PARCEL_RECALLED",
    settings={"weight_limit": 20},
    steps=(COLLECT, DELIVER),
    messages={
        "collect_parcel": Command(
            "COLLECT_PARCEL_COMMAND",
            lambda parcel: {"contents": parcel.input["contents"], "limit": parcel.settings["weight_limit"]},
        ),
        "return_parcel": Command("RETURN_PARCEL_COMMAND"),
        "deliver_parcel": Command("DELIVER_PARCEL_COMMAND", lambda parcel: {"contents": parcel.input["contents"]}),
        "parcel_delivered": Announcement("PARCEL_DELIVERED", lambda parcel: {"steps": list(parcel.completed_steps)}),
    },
    announces={SagaState.COMPLETED: ("parcel_delivered",)},
)

INSURE: Final = Step(
    "insure",
    sends="insure_parcel",
    within=30,
    keeps={"policy": Kept(str)},
    undo=Undo(sends="drop_insurance", within=30),
)
WEIGHED: Final[Mapping[str, Any]] = {
    **FIRST.messages,
    "collect_parcel": Command(
        "COLLECT_PARCEL_COMMAND",
        lambda parcel: {
            "contents": parcel.input["contents"],
            "limit": parcel.settings["weight_limit"],
            "asks": "kindly",
        },
    ),
    "return_parcel": Command("RETURN_PARCEL_COMMAND", lambda _parcel: {"to": "its sender"}),
    "tracking_opened": Announcement("TRACKING_OPENED"),
    "insure_parcel": Command("INSURE_PARCEL_COMMAND", lambda parcel: {"for": parcel.settings["sum_insured"]}),
    "drop_insurance": Command("DROP_INSURANCE_COMMAND"),
    "deliver_parcel": Command("DELIVER_PARCEL_COMMAND", lambda parcel: {"policy": parcel.data["insure"]["policy"]}),
    "receipt": Announcement("RECEIPT", lambda parcel: {"policy": parcel.data["insure"]["policy"]}),
}
SECOND: Final = replace(
    FIRST,
    version=2,
    settings={**FIRST.settings, "sum_insured": 500},
    steps=(
        replace(COLLECT, within=45),
        Step("track", emits=("tracking_opened",)),
        INSURE,
        Step("waved", when=lambda _parcel: False, awaits=(Outcome("PARCEL_WAVED", Answer.DONE),), within=60),
        replace(DELIVER, within=60),
    ),
    messages=WEIGHED,
    announces={SagaState.COMPLETED: ("parcel_delivered", "receipt")},
)
"""A step and words of the outbox more, other times, and other bytes of what was there."""

OLD: Final = SagaRegistry((FIRST,))
NEW: Final = SagaRegistry((SECOND, FIRST))
