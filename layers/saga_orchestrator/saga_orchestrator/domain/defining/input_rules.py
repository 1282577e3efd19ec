"""What is wrong with the content of a start event, in words: for whoever sent it, from what the item keeps of it.

A fault is `field` or `field:code`, where a code may carry its bound: `amount:greater_than=0`. The codes are pydantic's
error types, which its documentation promises to keep.
"""

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
    "no_json": "holds text that is no Unicode, or a number beyond all bounds",
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
    "enum": "must be one of the values that are allowed",
    "literal_error": "must be one of the values that are allowed",
    "rfc3339": "must be an RFC 3339 time with an offset",
}
_OTHERWISE: Final = "breaks its rule"


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
