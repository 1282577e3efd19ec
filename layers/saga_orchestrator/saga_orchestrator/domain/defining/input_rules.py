"""What is wrong with the content of a start event, in words: for whoever sent it, from what the item keeps of it.

A fault is `field` or `field:code`, where a code may carry its bound: `amount:greater_than=0`. The codes are pydantic's
error types, which its documentation promises to keep.
"""

from collections.abc import Iterable
from typing import Final

_WORDS: Final[dict[str, str]] = {
    "missing": "is missing",
    "greater_than": "must be greater than {}",
    "greater_than_equal": "must be at least {}",
    "less_than": "must be less than {}",
    "less_than_equal": "must be at most {}",
    "multiple_of": "must be a multiple of {}",
    "too_short": "must have at least {} elements",
    "too_long": "must have at most {} elements",
    "string_too_short": "must have at least {} characters",
    "string_too_long": "must have at most {} characters",
    "string_pattern_mismatch": "has characters or a form that it may not have",
    "string_unicode": "holds text that is no Unicode",
    "no_json": "holds text that is no Unicode, a number beyond all bounds, or too many levels",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "dataclass_type": "must be an object",
    "model_type": "must be an object",
    "extra_forbidden": "is no field of it",
    "unexpected_keyword_argument": "is no field of it",
    "no_such_attribute": "is no field of it",
    "unexpected_positional_argument": "is no field of it",
    "none_required": "must be null",
    "invalid_key": "must have texts as names",
    "int_parsing_size": "has more digits than are read",
    "string_not_ascii": "must be of ASCII characters",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "mapping_type": "must be an object",
    "iterable_type": "must be a list",
    "bytes_type": "must be text",
    "bytes_too_short": "must have at least {} bytes",
    "bytes_too_long": "must have at most {} bytes",
    "date_type": "must be a date, such as 2026-11-28",
    "date_parsing": "must be a date, such as 2026-11-28",
    "date_from_datetime_parsing": "must be a date, such as 2026-11-28",
    "date_from_datetime_inexact": "must be a date, such as 2026-11-28",
    "date_past": "must be in the past",
    "date_future": "must be in the future",
    "time_type": "must be a time of day, such as 10:30:00",
    "time_parsing": "must be a time of day, such as 10:30:00",
    "datetime_type": "must be a date and a time, such as 2026-11-28T10:30:00Z",
    "datetime_parsing": "must be a date and a time, such as 2026-11-28T10:30:00Z",
    "datetime_from_date_parsing": "must be a date and a time, such as 2026-11-28T10:30:00Z",
    "datetime_past": "must be in the past",
    "datetime_future": "must be in the future",
    "timezone_naive": "must be without an offset",
    "timezone_aware": "must have an offset",
    "timezone_offset": "must have another offset",
    "time_delta_type": "must be a duration, such as PT15M",
    "time_delta_parsing": "must be a duration, such as PT15M",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "decimal_max_digits": "must have at most {} digits",
    "decimal_max_places": "must have at most {} digits behind the point",
    "decimal_whole_digits": "must have at most {} digits before the point",
    "url_type": "must be a URL",
    "url_parsing": "must be a URL",
    "url_syntax_violation": "must be a URL",
    "url_too_long": "must have at most {} characters",
    "url_scheme": "must be a URL of another scheme",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "uuid_version": "must be a UUID of version {}",
    "union_tag_invalid": "must say which of the kinds that are allowed it is",
    "union_tag_not_found": "must say which of the kinds that are allowed it is",
    "enum": "must be one of the values that are allowed",
    "literal_error": "must be one of the values that are allowed",
    "rfc3339": "must be an RFC 3339 time with an offset",
}
_OTHERWISE: Final = "breaks its rule"
_WHOLE, _NUMBER = _WORDS["int_type"], _WORDS["float_type"]


def input_sentence(fault: str) -> str:
    """What is wrong and what would be right, without the value. An unknown code reads as a rule that is broken."""
    if fault.startswith("+"):
        return f"and {fault[1:]} more"
    field, _, code = fault.partition(":")
    word, _, bound = code.partition("=")
    words = _WORDS.get(word, _OTHERWISE)
    if "{}" in words:
        words = words.format(bound) if bound else _OTHERWISE
    return f"{field} {words}"


def input_explanation(faults: Iterable[str]) -> str:
    """All of them, each field once: what fits none of the types that a field may have broke one rule."""
    said: dict[str, list[str]] = {}
    for sentence in map(input_sentence, faults):
        field, _, words = sentence.partition(" ")
        said.setdefault(field, []).append(words)
    return "; ".join(f"{field} {_either(words)}" for field, words in said.items())


def _either(words: list[str]) -> str:
    """A whole number is a number."""
    different = [word for word in dict.fromkeys(words) if not (word == _WHOLE and _NUMBER in words)]
    return ", or ".join(different)
