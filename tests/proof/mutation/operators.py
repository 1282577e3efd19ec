"""The mutations: a choice of cosmic-ray's, and those it lacks (left-out arguments, elements and statements; strings).

Where cosmic-ray has many replacements for one operator, the boundary and the negation are taken. The others die by the
same tests and would only make the rate look better. Identity against an enum member or None is only negated.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import parso
from cosmic_ray.plugins import get_operator

Position = tuple[tuple[int, int], tuple[int, int]]

FROM_COSMIC_RAY: Final = (
    *(
        f"ReplaceBinaryOperator_{change}"
        for change in (
            "Add_Sub",
            "Sub_Add",
            "Mul_FloorDiv",
            "Div_Mul",
            "FloorDiv_Mul",
            "Mod_FloorDiv",
            "Pow_Mul",
            "BitOr_BitAnd",
            "BitAnd_BitOr",
        )
    ),
    *(
        f"ReplaceComparisonOperator_{change}"
        for change in (
            "Eq_NotEq",
            "NotEq_Eq",
            "Lt_LtE",
            "Lt_GtE",
            "LtE_Lt",
            "LtE_Gt",
            "Gt_GtE",
            "Gt_LtE",
            "GtE_Gt",
            "GtE_Lt",
            "Is_IsNot",
            "IsNot_Is",
        )
    ),
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceUnaryOperator_Delete_Not",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
)


class Operator(Protocol):
    """As cosmic-ray's visitor calls it. Nodes are parso's, which come without types."""

    def mutation_positions(self, node: Any) -> Iterator[Position]: ...

    def mutate(self, node: Any, index: int) -> Any: ...


def _items(node: Any) -> list[list[Any]]:
    """What stands between the commas of a display or an argument list."""
    items: list[list[Any]] = [[]]
    for child in node.children:
        if getattr(child, "value", None) == ",":
            items.append([])
        else:
            items[-1].append(child)
    return [item for item in items if item]


def _without(node: Any, index: int) -> Any:
    kept = [item for place, item in enumerate(_items(node)) if place != index]
    text = ",".join("".join(child.get_code() for child in item) for item in kept)
    return parso.parse(text + "," if text else "")


class _DropItem:
    """Leave out one of the items between two brackets."""

    def _list(self, node: Any) -> Any | None:
        """The child that holds the items, if `node` is a pair of brackets of our kind."""
        raise NotImplementedError

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        inner = self._list(node)
        if inner is not None:
            for item in _items(inner) if hasattr(inner, "children") and self._holds_many(inner) else [[inner]]:
                yield item[0].start_pos, item[-1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        inner = self._list(node)
        place = node.children.index(inner)
        node.children[place] = _without(inner, index) if self._holds_many(inner) else parso.parse("")
        return node

    @staticmethod
    def _holds_many(inner: Any) -> bool:
        return inner.type in {"arglist", "testlist_comp", "dictorsetmaker", "subscriptlist"}


class DropArgument(_DropItem):
    """`f(a, b=1)` becomes `f(a)`; a pattern `case Kind(field=name)` loses its field."""

    def _list(self, node: Any) -> Any | None:
        is_call = node.type in {"trailer", "decorator"} and any(
            getattr(child, "value", "") == "(" for child in node.children
        )
        if not is_call:
            return None
        inner = node.children[-2] if node.type == "trailer" else node.children[-3]
        return None if getattr(inner, "value", "") == "(" else inner


class DropElement(_DropItem):
    """`(a, b)` becomes `(a,)`, `{k: v}` becomes `{}`."""

    def _list(self, node: Any) -> Any | None:
        if node.type != "atom" or node.children[0].value not in {"(", "[", "{"} or len(node.children) != 3:
            return None
        inner = node.children[1]
        if inner.type in {"testlist_comp", "dictorsetmaker"}:
            comprehends = any(child.type in {"comp_for", "sync_comp_for"} for child in inner.children)
            return None if comprehends else inner
        return inner if node.children[0].value == "[" else None  # round brackets around one expression only group it


class DropStatement:
    """A call for its effect, a `+=` or a `raise` becomes `pass`."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if node.type == "simple_stmt" and self._has_effect(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[0] = parso.parse(node.children[0].get_first_leaf().prefix + "pass")
        return node

    @staticmethod
    def _has_effect(statement: Any) -> bool:
        if statement.type == "expr_stmt":
            return bool(statement.children[1].type in {"augassign", "operator"}) and "+=" in statement.get_code()
        return statement.type in {"atom_expr", "raise_stmt"} or getattr(statement, "value", "") == "raise"


class ReplaceString:
    """A name or a code gets two letters more. The wording of messages, and documentation, is left alone."""

    WORDING: Final = re.compile(r"[A-Za-z,;:}'] [A-Za-z{]")

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if node.type == "string" and not self._is_documentation(node) and not self.WORDING.search(node.value):
            yield node.start_pos, node.end_pos
        if node.type == "fstring" and not self.WORDING.search(node.get_code()):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        code = node.get_code()
        quote = '"""' if '"""' in code else '"'
        return parso.parse(code.replace(quote, quote + "XX", 1))

    @staticmethod
    def _is_documentation(node: Any) -> bool:
        return node.parent is not None and node.parent.type in {"simple_stmt", "file_input"}


class SwapMembership:
    """`in` becomes `not in` and back."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if node.type == "comparison" and self._is_membership(node):
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[1] = parso.parse(" in" if "not" in node.children[1].get_code() else " not in")
        return node

    @staticmethod
    def _is_membership(node: Any) -> bool:
        return node.children[1].get_code().split() in (["in"], ["not", "in"])


class NegateFilter:
    """`for x in xs if wanted(x)` keeps the others."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if node.type == "comp_if":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[1] = parso.parse(f" not ({node.children[1].get_code()})")
        return node


OUR_OWN: Final[tuple[Callable[[], Operator], ...]] = (
    DropArgument,
    DropElement,
    DropStatement,
    ReplaceString,
    SwapMembership,
    NegateFilter,
)


def operators() -> dict[str, Operator]:
    theirs = {name: get_operator(f"core/{name}")() for name in FROM_COSMIC_RAY}
    return theirs | {made.__class__.__name__: made for made in (make() for make in OUR_OWN)}
