"""The grammar of condition, filter, key condition, projection and update expressions (Developer Guide, Expressions)."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from saga_testing.aws.dynamodb.expressions.reserved_words import RESERVED_WORDS
from saga_testing.aws.dynamodb.expressions.tree import (
    All,
    Any_,
    Arithmetic,
    Between,
    Comparison,
    Condition,
    Function,
    In,
    Not,
    Operand,
    Path,
    Update,
    Value,
)
from saga_testing.aws.errors import invalid

MAX_EXPRESSION_BYTES: Final = 4096
MAX_IN_OPERANDS: Final = 100
_TOKEN: Final = re.compile(r"\s*([#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|\d+|<>|<=|>=|[=<>(),.\[\]+-])")
_COMPARATORS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
_CONDITION_FUNCTIONS: Final = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
_SECTIONS: Final = ("SET", "REMOVE", "ADD", "DELETE")

ParsedT = TypeVar("ParsedT")


class Parser:
    """Recursive descent over one expression; remembers every placeholder it met."""

    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        self.values: set[str] = set()
        self._tokens = _tokens(text)
        self._at = 0

    # -- tokens

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else "<EOF>"

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, *wanted: str) -> str | None:
        """The next token when it is one of these (keywords in any case)."""
        if self._peek().upper() in wanted:
            return self._next().upper()
        return None

    def _expect(self, wanted: str) -> None:
        if self._take(wanted) is None:
            raise self._unexpected()

    def _unexpected(self) -> Exception:
        near = " ".join(self._tokens[max(0, self._at - 1) : self._at + 2])
        return invalid(f'Syntax error; token: "{self._peek()}", near: "{near}"')

    def whole(self, rule: Callable[[], ParsedT]) -> ParsedT:
        """What `rule` reads, which must be everything."""
        parsed = rule()
        if self._at < len(self._tokens):
            raise self._unexpected()
        return parsed

    # -- conditions, loosest first

    def condition(self) -> Condition:
        left = self._conjunction()
        while self._take("OR"):
            left = Any_(left, self._conjunction())
        return left

    def _conjunction(self) -> Condition:
        left = self._negation()
        while self._take("AND"):
            left = All(left, self._negation())
        return left

    def _negation(self) -> Condition:
        return Not(self._negation()) if self._take("NOT") else self._test()

    def _test(self) -> Condition:
        if self._peek() == "(":
            return self._parenthesised()
        if self._peek() in _CONDITION_FUNCTIONS:
            return self._function(_CONDITION_FUNCTIONS)
        subject = self._condition_operand()
        if self._peek() in _COMPARATORS:
            return Comparison(self._next(), subject, self._condition_operand())
        if self._take("BETWEEN"):
            lower = self._condition_operand()
            self._expect("AND")
            return Between(subject, lower, self._condition_operand())
        if self._take("IN"):
            self._expect("(")
            choices = self._listed(self._condition_operand)
            self._expect(")")
            if len(choices) > MAX_IN_OPERANDS:
                raise invalid(f"The IN operator is provided with too many operands; number of operands: {len(choices)}")
            return In(subject, choices)
        raise self._unexpected()

    def _parenthesised(self) -> Condition:
        self._expect("(")
        opens_again = self._peek() == "("
        began = self._at
        inner = self.condition()
        if opens_again and self._closing(began) == self._at - 1:
            raise invalid("The expression has redundant parentheses;")
        self._expect(")")
        return inner

    def _closing(self, opening: int) -> int:
        depth = 0
        for position in range(opening, len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(self._tokens[position], 0)
            if depth == 0:
                return position
        return -1

    def _condition_operand(self) -> Operand:
        if self._peek() == "size":
            return self._function({"size": 1})
        return self._path_or_value()

    # -- parts

    def _function(self, arities: dict[str, int]) -> Function:
        name = self._next()
        self._expect("(")
        arguments = self._listed(self._set_operand if name in {"if_not_exists", "list_append"} else self._path_or_value)
        self._expect(")")
        if len(arguments) != arities[name]:
            message = (
                f"Incorrect number of operands for operator or function; operator or function: {name}, "
                f"number of operands: {len(arguments)}"
            )
            raise invalid(message)
        if name not in {"list_append", "begins_with", "contains"} and not isinstance(arguments[0], Path):
            raise invalid(f"Operator or function requires a document path; operator or function: {name}")
        return Function(name, arguments)

    def _listed(self, rule: Callable[[], ParsedT]) -> tuple[ParsedT, ...]:
        found = [rule()]
        while self._take(","):
            found.append(rule())
        return tuple(found)

    def _path_or_value(self) -> Operand:
        if self._peek().startswith(":"):
            return self._value()
        return self.path()

    def _value(self) -> Value:
        token = self._next()
        if not token.startswith(":"):
            self._at -= 1
            raise self._unexpected()
        self.values.add(token)
        return Value(token)

    def path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while True:
            if self._take("."):
                parts.append(self._name())
            elif self._take("["):
                position = self._next()
                if not position.isdigit():
                    raise self._unexpected()
                parts.append(int(position))
                self._expect("]")
            else:
                return Path(tuple(parts))

    def _name(self) -> str:
        token = self._next()
        if token.startswith("#"):
            self.names.add(token)
        elif not (token[0].isalpha() or token[0] == "_"):
            self._at -= 1
            raise self._unexpected()
        elif token.upper() in RESERVED_WORDS:
            raise invalid(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return token

    def paths(self) -> tuple[Path, ...]:
        return self._listed(self.path)

    # -- updates

    def update(self) -> Update:
        seen: dict[str, tuple[object, ...]] = {}
        rules: dict[str, Callable[[], object]] = {
            "SET": self._assignment,
            "REMOVE": self.path,
            "ADD": self._path_and_value,
            "DELETE": self._path_and_value,
        }
        while section := self._take(*_SECTIONS):
            if section in seen:
                raise invalid(f'The "{section}" section can only be used once in an update expression;')
            seen[section] = self._listed(rules[section])
        if not seen:
            raise self._unexpected()
        return Update(*(seen.get(section, ()) for section in _SECTIONS))  # type: ignore[arg-type]  # by section

    def _assignment(self) -> tuple[Path, Operand]:
        path = self.path()
        self._expect("=")
        operand = self._set_operand()
        if operator := self._take("+", "-"):
            operand = Arithmetic(operator, operand, self._set_operand())
        return path, operand

    def _set_operand(self) -> Operand:
        if self._peek() in {"if_not_exists", "list_append"}:
            return self._function({"if_not_exists": 2, "list_append": 2})
        return self._path_or_value()

    def _path_and_value(self) -> tuple[Path, Value]:
        return self.path(), self._value()


def _tokens(text: str) -> list[str]:
    if not text.strip():
        raise invalid("The expression can not be empty;")
    size = len(text.encode())
    if size > MAX_EXPRESSION_BYTES:
        raise invalid(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
    found: list[str] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise invalid(f'Syntax error; token: "{text[at : at + 1]}", near: "{text[max(0, at - 5) : at + 5]}"')
        found.append(match[1])
        at = match.end()
    return found
