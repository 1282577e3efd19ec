"""From untrusted bytes to a JSON object, refusing what Python's json module lets pass."""

import base64
import binascii
import json
from typing import Any, Final, NoReturn

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason

MAX_EVENT_BYTES: Final = 6 * 1024 * 1024
MAX_DIGITS: Final = 300


def decode_base64(text: object) -> bytes:
    if not isinstance(text, str):
        raise RejectedEvent(RejectReason.NOT_BASE64, "the record's value is no string")
    try:
        return base64.b64decode(text, validate=True)  # without validate, junk between the letters is skipped
    except (binascii.Error, ValueError):
        raise RejectedEvent(RejectReason.NOT_BASE64, "the record's value is not base64") from None


def parse_object(content: bytes) -> dict[str, Any]:
    """A JSON object with unique keys and bounded nesting, from strict UTF-8 without a byte order mark.

    Raises:
        RejectedEvent: with a detail that repeats nothing of the content.
    """
    if len(content) > MAX_EVENT_BYTES:
        raise RejectedEvent(RejectReason.TOO_LARGE, f"the event is larger than {MAX_EVENT_BYTES} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise RejectedEvent(RejectReason.NOT_UTF8, "the event is not UTF-8") from None
    try:
        parsed = _parse(text)
    except RecursionError:
        raise RejectedEvent(RejectReason.NOT_JSON, "the event is nested too deeply") from None
    except ValueError:
        raise RejectedEvent(RejectReason.NOT_JSON, "the event is not JSON") from None
    if not isinstance(parsed, dict):
        raise RejectedEvent(RejectReason.NOT_JSON, "the event is no JSON object")
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """json keeps the last of two equal keys, which lets one reader see another owner than the next."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise RejectedEvent(RejectReason.DUPLICATE_KEY, "an object has the same key twice")
    return result


def _refuse_constant(_name: str) -> NoReturn:
    raise RejectedEvent(RejectReason.NOT_JSON, "NaN and Infinity are not JSON")


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _parse(text: str) -> Any:
    """A number beyond Python's bounds is JSON: it becomes infinity, which no field that decides takes."""
    try:
        return _STRICT.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of more digits than Python converts
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=_bounded)


def _bounded(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)
