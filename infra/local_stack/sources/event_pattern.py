"""Event patterns as Lambda's event filtering uses them (Developer Guide, Control which events Lambda sends to your
function).

A pattern is a JSON object: every field named in it must be present and match one of the alternatives in its list;
fields not named do not matter.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_MISSING = object()

_OPERATORS_NUMERIC = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}

OPERATORS = frozenset({"prefix", "suffix", "equals-ignore-case", "anything-but", "exists", "numeric"})


class UnsupportedPatternError(ValueError):
    """The pattern uses a comparison that is unknown here; guessing would let events through, or lose them."""


def check(pattern: Mapping[str, Any]) -> None:
    """Raises UnsupportedPatternError for anything that `matches` would not understand."""
    for field, expected in pattern.items():
        if field == "$or":
            for alternative in expected:
                check(alternative)
        elif isinstance(expected, Mapping):
            check(expected)
        elif not isinstance(expected, Sequence) or isinstance(expected, str):
            message = f"{field}: a pattern needs an object or a list, not {expected!r}"
            raise UnsupportedPatternError(message)
        else:
            for rule in expected:
                if isinstance(rule, Mapping) and not (len(rule) == 1 and next(iter(rule)) in OPERATORS):
                    message = f"{field}: unknown comparison {rule!r}"
                    raise UnsupportedPatternError(message)


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether `event` satisfies every field of `pattern`."""
    for field, expected in pattern.items():
        if field == "$or":
            if not any(matches(alternative, event) for alternative in expected):
                return False
            continue
        value = event.get(field, _MISSING) if isinstance(event, Mapping) else _MISSING
        if isinstance(expected, Mapping):
            # A field below one that is absent is absent too, which `exists: false` may ask for.
            if not matches(expected, value):
                return False
        elif not _any_alternative(expected, value):
            return False
    return True


def _any_alternative(alternatives: Sequence[Any], value: Any) -> bool:
    """A list in the event matches when one of its elements does (EventBridge User Guide, Arrays in event patterns)."""
    values = value if isinstance(value, list) else [value]
    return any(_satisfies(rule, candidate) for rule in alternatives for candidate in values)


def _satisfies(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return value is not _MISSING and type(value) is type(rule) and bool(value == rule)
    ((operator, operand),) = rule.items()
    if operator == "exists":
        return (value is not _MISSING) is bool(operand)
    if value is _MISSING:
        return False
    if operator == "anything-but":
        refused = operand if isinstance(operand, list) else [operand]
        return not any(_satisfies(one, value) for one in refused)
    if operator == "numeric":
        return _is_number(value) and all(
            _OPERATORS_NUMERIC[sign](value, bound) for sign, bound in zip(operand[::2], operand[1::2], strict=True)
        )
    return isinstance(value, str) and _text_matches(operator, operand, value)


def _text_matches(operator: str, operand: Any, value: str) -> bool:
    if isinstance(operand, Mapping):  # {"prefix": {"equals-ignore-case": "x"}}
        operand, value = operand["equals-ignore-case"].casefold(), value.casefold()
    if operator == "prefix":
        return value.startswith(operand)
    if operator == "suffix":
        return value.endswith(operand)
    return value.casefold() == str(operand).casefold()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
