"""What is wrong with an event, by field, and what that means: refused, answered, or applied without the field."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.executions.request_rules import RULES

from .field_rules import amount

_IDENTITY: Final = frozenset({"event_id", "event_type", "execution_id"})
_AT_MOST: Final = (("cpu_request", "cpu_limit"), ("memory_request", "memory_limit"))
_CODES: Final = {"missing": "missing", "string_unicode": "not_unicode"}


@dataclass(frozen=True, slots=True)
class Faults:
    """Each fault is `field`, or `field:code`; a field in an object is `metadata.user_id`.

    Args:
        refused: without these fields the event cannot be addressed, or nobody may act on it.
        answered: what a request asks for is not clear; its owner is told.
        unusable: fields that decide nothing.
    """

    refused: tuple[str, ...]
    answered: tuple[str, ...]
    unusable: tuple[str, ...]


def faults_of(invalid: ValidationError, event_type: EventType, *, by_operator: bool) -> Faults:
    found: dict[str, str] = {}
    for error in invalid.errors(include_input=False, include_url=False, include_context=False):
        path = [str(part) for part in error["loc"]]
        field = ".".join(path[: 2 if path[0] == "metadata" else 1])  # deeper, names could be the sender's own words
        code = _CODES.get(error["type"], "") if len(path) == 1 or error["type"] != "missing" else ""
        found.setdefault(field, f"{field}:{code}" if code else field)
    refused = {field for field in found if _is_refused(field, event_type, by_operator=by_operator)}
    answered = {field for field in found if event_type is EventType.REQUESTED and field in RULES}
    return Faults(
        tuple(found[field] for field in found if field in refused),
        tuple(found[field] for field in found if field in answered),
        tuple(field for field in found if field not in refused | answered),
    )


def contradictions(fields: dict[str, Any], faults: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A request's fields that are wrong beside another one, each as a fault; `faults` are those wrong in themselves.

    Whoever mends what is told shall not be told the rest at the next try.
    """
    wrong = {fault.partition(":")[0] for fault in faults}
    scripts = [name for name in ("script", "script_ref") if fields.get(name) is not None]
    # No model requires either of the two, or forbids one beside the other.
    found = ["script:missing"] if not scripts else []
    if len(scripts) > 1 and "script_ref" not in wrong:
        found.append("script_ref")
    for asked, limit in _AT_MOST:
        if not wrong & {asked, limit} and amount(fields[asked]) > amount(fields[limit]):
            found.append(f"{asked}:above_limit")
    return tuple(found)


def _is_refused(field: str, event_type: EventType, *, by_operator: bool) -> bool:
    match event_type:
        case EventType.REQUESTED:
            return field in _IDENTITY or field in {"metadata", "metadata.user_id"}
        case EventType.CANCELLED:
            return field in _IDENTITY or (field == "cancelled_by" and not by_operator)
        case _:
            return field in _IDENTITY


def without(fields: dict[str, Any], unusable: tuple[str, ...]) -> dict[str, Any]:
    """`fields` as if the unusable ones had not been sent, but for what of them is of use."""
    kept = {name: value for name, value in fields.items() if name not in unusable}
    inner = {place.partition(".")[2] for place in unusable if place.startswith("metadata.")}
    if inner:
        kept["metadata"] = {name: value for name, value in fields["metadata"].items() if name not in inner}
    if "error_type" in unusable and isinstance(fields["error_type"], str):
        kept["error_type"] = ""  # no identifier, and yet the sender said that there was a type
    return kept
