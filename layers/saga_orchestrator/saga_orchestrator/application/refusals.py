"""Why an act changes nothing, in a sentence that says what to do: the same at every door."""

from collections.abc import Mapping
from typing import Final

from saga_orchestrator.domain.errors import RejectReason
from saga_orchestrator.domain.flow.verbs import Refused
from saga_orchestrator.domain.operating.cancelling import ALREADY_CANCELLED, ALREADY_ENDED, COMPENSATING

SENTENCES: Final[Mapping[str, str]] = {
    ALREADY_ENDED: "the saga has ended: nothing is left to cancel",
    COMPENSATING: "the saga is being taken back already, and ends when that is done",
    "too_late": "the saga is past its point of no return: it goes on, or parks and waits for an operator",
    ALREADY_CANCELLED: "a cancel waits already for what starts this saga",
    Refused.NOT_PARKED: "no step of that name is parked; where several are, name one",
    Refused.DATA_NEEDED: "a later step reads what only the participant's answer told: retry it, or undo",
    Refused.PIVOT: "a pivot cannot be skipped: retry it, resolve it, or undo it once every attempt has answered",
    Refused.NO_UNDO: "only an undo can be skipped: retry the step, resolve it, or cancel a saga that can still go back",
    Refused.UNANSWERED: "an attempt has not answered, so it may have happened: find out, then retry or resolve",
    Refused.NO_NUMBERS_LEFT: "every number that an attempt can have is used up: resolve it, or skip its undo",
    Refused.NO_PIVOT: "only a parked pivot can be undone: an undo is retried, resolved or skipped",
    RejectReason.UNKNOWN_DEFINITION: "nothing was changed; run it from the release that has the saga's definition",
    RejectReason.DEFINITION_CHANGED: "nothing was changed; run it from the release under which the saga began",
    RejectReason.CORRUPT_SAGA: "the stored saga cannot be read; see `sagactl reconcile --dry-run`",
}
"""By code. A code that is not among them is told as it is."""
