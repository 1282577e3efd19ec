"""Records that Lambda decoded by a schema registry: what Avro and Protobuf write otherwise than JSON producers do.

AWS documents that the value is "a standard JSON object" and no more, so both spellings that the formats' own JSON
encodings have are read: a union as it is or as Avro names its branch, a name in snake case or as Protobuf's mapping
writes it.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from saga_orchestrator.domain.instants import LAST_INSTANT, rfc3339

Fields = dict[str, Any]

_AVRO_BRANCHES: Final = frozenset({"string", "int", "long", "float", "double", "boolean", "bytes", "array", "map"})
_FIRST_MICROSECOND: Final = 10**14
"""In milliseconds that is the year 5138; in microseconds 1973."""
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_NUMBERS: Final = ("timeout_seconds", "exit_code", "size")
_PRIORITIES: Final = ((0, "critical"), (4, "high"), (7, "normal"), (9, "low"))
"""The greatest number of each; beyond the last it is `background`."""


def from_registry(fields: Fields, data_format: str | None) -> Fields:
    """`fields` as a JSON producer would have written them."""
    translate = _TRANSLATIONS.get(data_format or "")
    return fields if translate is None else translate(fields)


def _from_avro(fields: Fields) -> Fields:
    plain = {name: _branch(value) for name, value in fields.items()}
    if isinstance(plain.get("metadata"), dict):
        plain["metadata"] = {name: _branch(value) for name, value in plain["metadata"].items()}
    for name, translate in (("timestamp", _instant), ("priority", _priority)):
        if type(plain.get(name)) is int:
            plain[name] = translate(plain[name])
    return plain


def _branch(value: Any) -> Any:
    """A union's value out of `{"string": …}` or `{"namespace.Name": …}`."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((name, inner),) = value.items()
    return inner if name in _AVRO_BRANCHES or "." in name else value


def _instant(count: int) -> Any:
    """Of `timestamp-millis` or `timestamp-micros`; a number that is no instant stays what it is."""
    millis = count // 1000 if abs(count) >= _FIRST_MICROSECOND else count
    return rfc3339(millis) if 0 <= millis <= LAST_INSTANT else count


def _priority(number: int) -> str:
    return next((word for most, word in _PRIORITIES if number <= most), "background")


def _from_protobuf(fields: Fields) -> Fields:
    plain = _snake_cased(fields)
    for name in ("metadata", "script_ref"):
        if isinstance(plain.get(name), dict):
            plain[name] = _snake_cased(plain[name])
    return plain


def _snake_cased(fields: Fields) -> Fields:
    """A name that is there in both spellings keeps the value of ours."""
    renamed = {_CAPITAL.sub(r"_\1", name).lower(): value for name, value in fields.items()}
    renamed |= {name: value for name, value in fields.items() if name in renamed}
    return renamed | {name: _number(renamed[name]) for name in _NUMBERS if name in renamed}


def _number(value: Any) -> Any:
    """Protobuf's mapping writes 64 bit integers as strings."""
    return int(value) if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value) else value


_TRANSLATIONS: Final[dict[str, Callable[[Fields], Fields]]] = {"AVRO": _from_avro, "PROTOBUF": _from_protobuf}
