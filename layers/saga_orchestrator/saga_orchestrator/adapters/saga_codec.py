"""A saga as a DynamoDB item and back. Names are short because every write is billed by the item's size.

Written by hand rather than through PynamoDB's models: serialising through them costs 1.2 to 1.6 times the CPU of the
bare call (measured), on the path that every event takes. `saga_models` declares the same attributes for reads and
queries, and a test holds the two together. Unknown attributes of newer code are left alone: writes only touch what
changed.
"""

from collections.abc import Callable, Mapping
from itertools import compress
from operator import attrgetter, itemgetter
from typing import Any, Final

from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.flow.ledger import Ledger, StepError
from saga_orchestrator.domain.saga import ENDED_BADLY, Claim, Saga
from saga_orchestrator.domain.states import SagaState
from saga_orchestrator.domain.traceparent import kept

from .saga_parts import (
    Item,
    decode_data,
    decode_early,
    decode_entry,
    decode_request,
    encode_data,
    encode_early,
    encode_entry,
    encode_request,
    instant,
)

__all__ = ["Item", "changes", "decode", "encode"]

_STRINGS: Final = {
    "corr": "correlation_id",
    "owner": "owner",
    "sb": "script_bucket",
    "reason": "reason",
    "etype": "error_type",
    "by": "ended_by",
    "pod": "pod_name",
    "node": "node_name",
    "dh": "definition_hash",  # from here on of sagas that wait, and of no execution
    "in": "input",
    "fs": "failed_step",
}
_NUMBERS: Final = {
    "version": "version",
    "dv": "definition_version",
    "created": "created_at",
    "create_before": "create_before",
    "deadline": "deadline",  # these two put the saga into the index, only while it can still time out
    "deadline_shard": "deadline_shard",
    "exit": "exit_code",
    "ended": "ended_at",
    "expires": "expires",
    "sdue": "saga_due",
    "wake": "wake",  # beside the outbox, where older code's relay would take it for a message that it cannot make
}


def encode(saga: Saga) -> Item:
    """The whole item; absent rather than empty or null, so that indexes stay sparse and stream filters can tell."""
    item: Item = {"execution_id": {"S": saga.execution_id}, "saga_name": {"S": saga.saga_name}}
    for name, number in zip(_NUMBERS, _numbers_of(saga), strict=True):
        if number is not None:
            item[name] = {"N": str(number)}
    held = _others_of(saga)
    # Nothing is written of what is empty, which is most: it is passed over without a look at each.
    for (name, _field, write), value in compress(zip(_OTHERS, held, strict=True), held):
        if (written := write(value)) is not None:
            item[name] = written
    if saga.ledger or saga.state in ENDED_BADLY:  # else it has none, and to see why not costs more
        item |= {name: written for name, field, write in _MARKS if (written := write(getattr(saga, field))) is not None}
    return item


def changes(old: Saga, new: Saga) -> tuple[Item, list[str]]:
    """What a write that makes `new` of `old` sets, and which attributes it removes: nothing that is as it was."""
    changed: Item = {}
    gone: list[str] = []
    unmarked = old.ledger is new.ledger and new.state not in ENDED_BADLY
    attributes = _ATTRIBUTES if unmarked else (*_ATTRIBUTES, *_MARKS)
    for name, field, write in attributes:
        before, after = getattr(old, field), getattr(new, field)
        # A decision's saga shares with the one before it whatever it leaves alone.
        if before is after or before == after:
            continue
        if (value := write(after)) is not None:
            changed[name] = value
        elif write(before) is not None:
            gone.append(name)
    return changed, gone


def decode(item: Item) -> Saga:
    """The saga that `item` holds, ignoring attributes this code does not know.

    Raises:
        CorruptSaga: something is missing or cannot be read, or it is of a schema that this code does not know.
    """
    if "schema_version" in item:
        # Written by no code yet. Code that must keep older code from guessing at its items writes it.
        raise CorruptSaga("stored saga is of a schema that this code does not know")
    try:
        fields: dict[str, Any] = {}
        for name, value in item.items():
            if (known := _READERS.get(name)) is not None:
                field, read = known
                fields[field] = read(value)
        return Saga.made(**fields)
    except (KeyError, ValueError, TypeError, AttributeError) as broken:
        place = broken.args[0] if isinstance(broken, KeyError) else "a value"
        detail = f"stored saga cannot be read: {type(broken).__name__} at {place}"
        raise CorruptSaga(detail) from None


def _read_number(value: dict[str, Any]) -> int:
    return int(value["N"])


_STATES: Final[Mapping[str, SagaState]] = {state.value: state for state in SagaState}


def _read_state(value: dict[str, Any]) -> SagaState:
    """Calling the enumeration goes through Python three times: that is left to a text that is no state, and raises."""
    return _STATES.get(value["S"]) or SagaState(value["S"])


def _read_words(value: dict[str, Any]) -> tuple[str, ...]:
    return tuple(value["S"].split())


def _read_list(value: dict[str, Any]) -> Any:
    """Of another type is corrupt, and not empty: a ledger read as empty would owe nothing."""
    return value["L"]


def _read_claim(value: dict[str, Any]) -> Claim:
    resource, _, shard = value["S"].rpartition("#")
    return Claim(resource, int(shard))


def _string(value: str | None) -> dict[str, Any] | None:
    return {"S": value} if value else None


def _number(value: int | None) -> dict[str, Any] | None:
    return None if value is None else {"N": str(value)}


def _spaced(words: tuple[object, ...]) -> dict[str, Any] | None:
    return {"S": " ".join(map(str, words))} if words else None


_Attribute = tuple[str, str, Callable[[Any], dict[str, Any] | None]]
"""Its name, the saga's field, and how it is written; None is absent."""

_OTHERS: Final[tuple[_Attribute, ...]] = (
    ("state", "state", lambda state: {"S": str(state)}),
    *((name, field, _string) for name, field in _STRINGS.items()),
    ("req", "request", lambda request: {"M": encode_request(request)} if request is not None else None),
    ("rh", "request_hash", lambda digest: {"B": digest} if digest else None),
    ("tp", "traceparent", lambda told: {"B": told} if told else None),
    ("inline", "inline_script", lambda inline: {"BOOL": True} if inline else None),
    ("shadow", "shadow", lambda shadow: {"BOOL": True} if shadow else None),
    ("claim", "claim", lambda claim: {"S": f"{claim.resource}#{claim.shard}"} if claim is not None else None),
    ("steps", "completed_steps", _spaced),
    ("undone", "compensated_steps", _spaced),
    ("faults", "faults", _spaced),
    ("outbox", "outbox", _spaced),
    (
        "timeline",
        "timeline",
        lambda entries: {"L": [{"S": encode_entry(one)} for one in entries]} if entries else None,
    ),
    ("set", "settings", _spaced),
    ("err", "errors", _spaced),
    ("led", "ledger", lambda ledger: {"S": str(ledger)} if ledger else None),
    ("data", "data", lambda data: {"S": encode_data(data)} if data else None),
    ("out", "outcome", lambda outcome: {"S": str(outcome)} if outcome is not None else None),
    ("early", "early", lambda events: {"L": [{"M": encode_early(early)} for early in events]} if events else None),
)
"""All but numbers: of these, what is empty is absent."""

_ATTRIBUTES: Final = (*_OTHERS, *((name, field, _number) for name, field in _NUMBERS.items()))
_others_of: Final = attrgetter(*(field for _name, field, _write in _OTHERS))
_numbers_of: Final = attrgetter(*_NUMBERS.values())

_MARKS: Final[tuple[_Attribute, ...]] = (
    ("mark", "mark", _string),
    ("mark_at", "mark_at", _number),
)
"""These two put the saga into the index of what is parked or ended badly; functions of the rest, so never read back."""

_READERS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "execution_id": ("execution_id", itemgetter("S")),
    "saga_name": ("saga_name", itemgetter("S")),
    "state": ("state", _read_state),
    **{name: (field, itemgetter("S")) for name, field in _STRINGS.items()},
    **{name: (field, _read_number) for name, field in _NUMBERS.items()},
    "create_before": ("create_before", lambda value: instant(value["N"])),
    "req": ("request", lambda value: decode_request(value["M"])),
    "rh": ("request_hash", lambda value: bytes(value["B"])),
    "tp": ("traceparent", lambda value: kept(bytes(value["B"]))),
    "inline": ("inline_script", lambda _value: True),
    "shadow": ("shadow", lambda _value: True),
    "claim": ("claim", _read_claim),
    "steps": ("completed_steps", _read_words),
    "undone": ("compensated_steps", _read_words),
    "faults": ("faults", _read_words),
    "outbox": ("outbox", _read_words),
    "timeline": ("timeline", lambda value: tuple(decode_entry(entry["S"]) for entry in _read_list(value))),
    "early": ("early", lambda value: tuple(decode_early(early["M"]) for early in _read_list(value))),
    "set": ("settings", lambda value: tuple(map(int, value["S"].split()))),
    "err": ("errors", lambda value: tuple(map(StepError.parse, value["S"].split()))),
    "led": ("ledger", lambda value: Ledger.parse(value["S"])),
    "data": ("data", lambda value: decode_data(value["S"])),
    "out": ("outcome", _read_state),
}
"""Attribute, the saga's field, and how it is read; what this code does not know is left alone."""
