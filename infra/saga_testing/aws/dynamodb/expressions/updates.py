"""Update expressions, applied copy-on-write: the old item stays as it was, and shares what did not change."""

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from typing import Any, Final, cast

from saga_testing.aws.dynamodb.attribute_values import AttributeValue, number_text, ordered
from saga_testing.aws.dynamodb.expressions.operands import Names, Values, resolve, walk
from saga_testing.aws.dynamodb.expressions.parser import Parser
from saga_testing.aws.dynamodb.expressions.tree import Arithmetic, Function, Operand, Path, Update, Value
from saga_testing.aws.errors import Item, ItemRefused, Refused, invalid

Parts = tuple[str | int, ...]

_EXACT: Final = Context(prec=38, traps=[Inexact])
_ADDED: Final = frozenset({"N", "SS", "NS", "BS"})
_SETS: Final = {"SS": "S", "NS": "N", "BS": "B"}

_BAD_PATH: Final = "The document path provided in the update expression is invalid for update"
_NO_ATTRIBUTE: Final = "The provided expression refers to an attribute that does not exist in the item"
_BAD_TYPE: Final = "An operand in the update expression has an incorrect data type"


@dataclass(frozen=True, slots=True, eq=False)
class CompiledUpdate:
    """Compared by identity: the cache below has one for each text."""

    tree: Update
    names: frozenset[str]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class BoundUpdate:
    """An update whose places are known, so that applying it looks no name up."""

    sets: tuple[tuple[Parts, Operand], ...]
    removes: tuple[Parts, ...]
    adds: tuple[tuple[Parts, str], ...]
    deletes: tuple[tuple[Parts, str], ...]


@lru_cache(maxsize=512)
def compiled_update(text: str) -> CompiledUpdate:
    """
    Raises:
        Refused: not an update expression.
    """
    parser = Parser(text)
    try:
        tree = parser.whole(parser.update)
    except Refused as refused:
        raise invalid(f"Invalid UpdateExpression: {refused.message}") from None
    return CompiledUpdate(tree, frozenset(parser.names), frozenset(parser.values))


@lru_cache(maxsize=1024)
def bound_update(update: CompiledUpdate, names: tuple[tuple[str, str], ...], keys: frozenset[str]) -> BoundUpdate:
    """
    Raises:
        Refused: it writes a key attribute, or one place twice.
    """
    tree, by_name = update.tree, dict(names)
    paths = [resolve(path, by_name) for path in tree.paths()]
    for parts in paths:
        if parts[0] in keys:
            message = f"Cannot update attribute {parts[0]}. This attribute is part of the key"
            raise invalid(f"One or more parameter values were invalid: {message}")
    for position, one in enumerate(paths):
        for other in paths[position + 1 :]:
            shorter = min(len(one), len(other))
            if one[:shorter] == other[:shorter]:
                raise invalid(
                    "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one "
                    "of these paths;"
                )
    removes = [resolve(path, by_name) for path in tree.removes]
    return BoundUpdate(
        tuple((resolve(path, by_name), operand) for path, operand in tree.sets),
        tuple(sorted(removes, key=_last_positions_first, reverse=True)),
        tuple((resolve(path, by_name), value.name) for path, value in tree.adds),
        tuple((resolve(path, by_name), value.name) for path, value in tree.deletes),
    )


def check_update_values(update: BoundUpdate, values: Values) -> None:
    """
    Raises:
        Refused: ADD or DELETE with a value of a type that they do not take.
    """
    for section, allowed, uses in (("ADD", _ADDED, update.adds), ("DELETE", _SETS.keys(), update.deletes)):
        for _, value in uses:
            (kind,) = values[value]
            if kind not in allowed:
                message = "Incorrect operand type for operator or function; operator: "
                raise invalid(f"Invalid UpdateExpression: {message}{section}, operand type: {kind}")


def applied(update: BoundUpdate, old: Item, names: Names, values: Values) -> tuple[Item, set[str]]:
    """The new item, and the top-level attributes that were written. Every right side sees the old item.

    Raises:
        ItemRefused: the stored item does not fit the expression.
    """
    new, touched = dict(old), set()
    writes: list[tuple[Parts, AttributeValue | None]] = [
        (parts, values[operand.name] if type(operand) is Value else _value_of(operand, old, names, values))
        for parts, operand in update.sets
    ]
    for parts, value in update.adds:
        writes.append((parts, _added(walk(old, parts), values[value])))
    for parts, value in update.deletes:
        writes.append((parts, _without(walk(old, parts), values[value])))
    for parts, content in writes:
        if content is None:
            _remove(new, parts)
        else:
            _write(new, parts, content)
        touched.add(cast("str", parts[0]))
    for parts in update.removes:
        _remove(new, parts)
        touched.add(cast("str", parts[0]))
    return new, touched


def _last_positions_first(parts: Parts) -> list[tuple[int, str]]:
    """Positions in an expression are those of the old list, so elements go from the end."""
    return [(part, "") if isinstance(part, int) else (-1, part) for part in parts]


# ---- right sides -----------------------------------------------------------------------------------------------------


def _value_of(operand: Operand, item: Item, names: Names, values: Values) -> AttributeValue:
    match operand:
        case Value(name):
            return values[name]
        case Path():
            found = walk(item, resolve(operand, names))
            if found is None:
                raise ItemRefused(_NO_ATTRIBUTE)
            return found
        case Function("if_not_exists", (Path() as path, default)):
            found = walk(item, resolve(path, names))
            return found if found is not None else _value_of(default, item, names, values)
        case Function("list_append", (left, right)):
            first, second = _value_of(left, item, names, values), _value_of(right, item, names, values)
            if "L" not in first or "L" not in second:
                raise ItemRefused(_BAD_TYPE)
            return {"L": [*first["L"], *second["L"]]}
        case Arithmetic(operator, left, right):
            return _sum(
                _value_of(left, item, names, values),
                _value_of(right, item, names, values),
                1 if operator == "+" else -1,
            )
    raise invalid("Invalid UpdateExpression: The function is not allowed in an update expression")


def _sum(left: AttributeValue, right: AttributeValue, sign: int) -> AttributeValue:
    if "N" not in left or "N" not in right:
        raise ItemRefused(_BAD_TYPE)
    first, second = left["N"], right["N"]
    try:
        return {"N": number_text(_EXACT.add(Decimal(first), sign * Decimal(second)))[0]}
    except Inexact:
        raise ItemRefused("Attempting to store more than 38 significant digits in a Number") from None
    except Refused as refused:
        raise ItemRefused(refused.message) from None


def _added(found: AttributeValue | None, value: AttributeValue) -> AttributeValue:
    if found is None:
        return value
    if found.keys() != value.keys():
        raise ItemRefused(_BAD_TYPE)
    ((kind, content),) = value.items()
    if kind == "N":
        return _sum(found, value, 1)
    return {kind: sorted({*found[kind], *content}, key=ordered(_SETS[kind]))}


def _without(found: AttributeValue | None, value: AttributeValue) -> AttributeValue | None:
    """None when nothing is left: sets are never empty."""
    if found is None:
        return None
    if found.keys() != value.keys():
        raise ItemRefused(_BAD_TYPE)
    ((kind, content),) = value.items()
    left = [member for member in found[kind] if member not in content]
    return {kind: left} if left else None


# ---- left sides ------------------------------------------------------------------------------------------------------


def _write(item: Item, parts: Parts, content: AttributeValue) -> None:
    if len(parts) == 1:
        item[cast("str", parts[0])] = content
        return
    top = cast("str", parts[0])
    item[top] = _changed(item.get(top), parts[1:], content)


def _remove(item: Item, parts: Parts) -> None:
    top = cast("str", parts[0])
    if len(parts) == 1:
        item.pop(top, None)
    else:
        item[top] = _changed(item.get(top), parts[1:], None)


def _changed(container: Any, parts: Parts, content: AttributeValue | None) -> AttributeValue:
    """A copy of a map or list with one place in it written, or removed."""
    part, rest = parts[0], parts[1:]
    kind = "M" if isinstance(part, str) else "L"
    if container is None or kind not in container:
        raise ItemRefused(_BAD_PATH)
    inside: Any = dict(container["M"]) if kind == "M" else list(container["L"])
    present = part in inside if kind == "M" else cast("int", part) < len(inside)
    if rest:
        if not present:
            raise ItemRefused(_BAD_PATH)
        inside[part] = _changed(inside[part], rest, content)
    elif content is None:
        if present:
            del inside[part]
    elif kind == "M" or present:
        inside[part] = content
    else:
        inside.append(content)  # beyond the end of a list is its end
    return {kind: inside}
