"""Attribute values: what DynamoDB accepts, the form it keeps them in, and the size it counts.

One pass checks, normalises and measures. A value that is already in normal form is returned as the same object: items
are never changed in place, so they are shared between table, stream and index.
"""

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from saga_testing.aws.errors import Item, invalid

AttributeValue = dict[str, Any]

MAX_ITEM_BYTES: Final = 400 * 1024
MAX_NESTING: Final = 32
MAX_DIGITS: Final = 38
_LARGEST: Final = Decimal("9.9999999999999999999999999999999999999E+125")
_SMALLEST: Final = Decimal("1E-130")
_SETS: Final = {"SS": "S", "NS": "N", "BS": "B"}
_SET_NAMES: Final = {"SS": "string", "NS": "number", "BS": "binary"}


def text_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def checked_item(item: Item) -> tuple[Item, int]:
    """The item in normal form, as an object of its own, and its size.

    Raises:
        Refused: a value is not one that DynamoDB takes.
    """
    normal, total = {}, 0
    for name, value in item.items():
        normal[name], size = checked(value)
        total += size + (len(name) if name.isascii() else len(name.encode()))
    return normal, total


def checked(value: AttributeValue, depth: int = 1) -> tuple[AttributeValue, int]:
    """The value in normal form, and its size (Developer Guide, DynamoDB item sizes and formats).

    Raises:
        Refused: it is not a value that DynamoDB takes.
    """
    try:
        ((kind, content),) = value.items()
    except (ValueError, AttributeError):
        raise _not_one_type(value) from None
    if kind == "S" and isinstance(content, str):
        return value, len(content) if content.isascii() else len(content.encode())
    if kind == "N" and isinstance(content, str):
        text, size = number(content)
        return (value if text is content or text == content else {"N": text}), size
    if kind == "B" and isinstance(content, bytes | bytearray):
        return value, len(content)
    if kind in {"BOOL", "NULL"} and isinstance(content, bool):
        if kind == "NULL" and content is False:
            raise invalid(
                "One or more parameter values were invalid: Null attribute value types must have the value of true"
            )
        return value, 1
    return _checked_container(value, kind, content, depth)


def _checked_container(value: AttributeValue, kind: str, content: Any, depth: int) -> tuple[AttributeValue, int]:
    if depth > MAX_NESTING:
        raise invalid(
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        )
    if kind == "M" and isinstance(content, dict):
        return _checked_map(value, content, depth)
    if kind == "L" and isinstance(content, list | tuple):
        return _checked_list(value, content, depth)
    if kind in _SETS and isinstance(content, list | tuple | set | frozenset):
        return _checked_set(kind, list(content))
    raise invalid(f"Supplied AttributeValue has an unsupported type or content: {kind}")


def _not_one_type(value: Any) -> Exception:
    problem = "has more than one datatypes set" if isinstance(value, dict) and len(value) > 1 else "is empty"
    return invalid(f"Supplied AttributeValue {problem}, must contain exactly one of the supported datatypes")


def _checked_map(value: AttributeValue, content: Item, depth: int) -> tuple[AttributeValue, int]:
    total, same, normal = 3, True, {}
    for name, element in content.items():
        normal[name], size = checked(element, depth + 1)
        same = same and normal[name] is element
        total += size + text_bytes(name) + 1
    return (value if same else {"M": normal}), total


def _checked_list(value: AttributeValue, content: Any, depth: int) -> tuple[AttributeValue, int]:
    total, same, normal = 3, isinstance(content, list), []
    for element in content:
        each, size = checked(element, depth + 1)
        same = same and each is element
        normal.append(each)
        total += size + 1
    return (value if same else {"L": normal}), total


def _checked_set(kind: str, content: list[Any]) -> tuple[AttributeValue, int]:
    if not content:
        raise invalid(f"One or more parameter values were invalid: An {_SET_NAMES[kind]} set  may not be empty")
    members, total = [], 0
    for member in content:
        normal, size = checked({_SETS[kind]: member})
        members.append(normal[_SETS[kind]])
        total += size
    if len(set(members)) != len(members):
        raise invalid("One or more parameter values were invalid: Input collection contains duplicates.")
    return {kind: sorted(members, key=ordered(_SETS[kind]))}, total


def number(text: str) -> tuple[str, int]:
    """A number's normal form (as reads return it) and its size."""
    if text.isdigit() and text.isascii() and text[0] != "0" and len(text) <= MAX_DIGITS:
        return text, (len(text.rstrip("0")) + 1) // 2 + 1
    return _number(text)


@lru_cache(maxsize=4096)
def _number(text: str) -> tuple[str, int]:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}") from None
    if not value.is_finite() or text != text.strip() or "_" in text:
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}")
    return number_text(value)


def number_text(value: Decimal) -> tuple[str, int]:
    """The normal form and size of a number.

    Raises:
        Refused: more digits or another magnitude than DynamoDB keeps.
    """
    if value == 0:
        return "0", 1
    sign, digits, _ = value.as_tuple()
    plain = "".join(map(str, digits)).strip("0")
    if len(plain) > MAX_DIGITS:
        raise invalid("Attempting to store more than 38 significant digits in a Number")
    if abs(value) > _LARGEST:
        raise invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if abs(value) < _SMALLEST:
        raise invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text, (len(plain) + 1) // 2 + 1 + (1 if sign else 0)


def numeric(text: str) -> int | Decimal:
    """A stored number as one that compares."""
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def ordered(kind: str) -> Any:
    """The sort key of contents of one type: numbers by value, text and bytes by their UTF-8 bytes (which for text is
    the order of code points)."""
    return numeric if kind == "N" else _itself


def _itself(content: Any) -> Any:
    return content


def item_size(item: Item) -> int:
    return sum(text_bytes(name) + checked(value)[1] for name, value in item.items())
