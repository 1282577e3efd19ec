"""What expressions read: placeholders of the call, and document paths of an item."""

from collections.abc import Callable, Mapping
from typing import Any

from saga_testing.aws.dynamodb.attribute_values import AttributeValue, checked
from saga_testing.aws.dynamodb.expressions.tree import Function, Operand, Path, Value
from saga_testing.aws.errors import Item, invalid

Names = Mapping[str, str]
Values = Mapping[str, AttributeValue]
Read = Callable[[Item, Names, Values], AttributeValue | None]


def check_placeholders(request: Mapping[str, Any], names: frozenset[str], values: frozenset[str]) -> tuple[Names, Item]:
    """The call's names and (normalised) values, which must be exactly those that its expressions use."""
    given_names = request.get("ExpressionAttributeNames") or {}
    given_values = request.get("ExpressionAttributeValues") or {}
    if given_names.keys() != names or given_values.keys() != values:
        _explain(given_names.keys(), names, "names", "name")
        _explain(given_values.keys(), values, "values", "value")
    normal = {name: checked(value)[0] for name, value in given_values.items()}
    return given_names, normal


def _explain(given: Any, used: frozenset[str], plural: str, singular: str) -> None:
    if unused := sorted(given - used):
        raise invalid(
            f"Value provided in ExpressionAttribute{plural.capitalize()} unused in expressions: "
            f"keys: {{{', '.join(unused)}}}"
        )
    if undefined := sorted(used - given):
        raise invalid(
            f"An expression attribute {singular} used in the document path or expression is not defined; "
            f"attribute {singular}: {undefined[0]}"
        )


def reading(path: Path) -> Read:
    """What a document path finds in an item; None where it leads nowhere."""
    if len(path.parts) == 1:
        name = str(path.parts[0])
        if name.startswith("#"):
            return lambda item, names, _values: item.get(names[name])
        return lambda item, _names, _values: item.get(name)

    def deep(item: Item, names: Names, _values: Values) -> AttributeValue | None:
        return walk(item, resolve(path, names))

    return deep


def resolve(path: Path, names: Names) -> tuple[str | int, ...]:
    return tuple(names[part] if isinstance(part, str) and part[0] == "#" else part for part in path.parts)


def walk(item: Item, parts: tuple[str | int, ...]) -> AttributeValue | None:
    found: AttributeValue = {"M": item}
    for part in parts:
        if isinstance(part, str):
            found = found.get("M", {}).get(part)
        else:
            elements = found.get("L", ())
            found = elements[part] if part < len(elements) else None  # type: ignore[assignment]  # None ends the walk
        if found is None:
            return None
    return found


def operand_of(operand: Operand) -> Read:
    match operand:
        case Path():
            return reading(operand)
        case Value(name):
            return lambda _item, _names, values: values[name]
        case Function("size", (Path() as path,)):
            return _size(reading(path))
    raise invalid("The function is not allowed to be used this way in an expression")


def _size(read: Read) -> Read:
    def size(item: Item, names: Names, values: Values) -> AttributeValue | None:
        found = read(item, names, values)
        if found is None:
            return None
        ((kind, content),) = found.items()
        return None if kind in {"N", "BOOL", "NULL"} else {"N": str(len(content))}

    return size
