"""Seeded bugs: a piece of a production function's text replaced, its code swapped in place, and put back afterwards."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any


class EditDoesNotFit(ValueError):
    """The production code has changed: the text that an edit replaces is not there exactly once."""


@dataclass(frozen=True, slots=True)
class Edit:
    function: FunctionType
    old: str
    new: str

    def compiled(self) -> CodeType:
        """The edited function's code, of the same module: whoever holds the function runs the edited one."""
        source = inspect.getsource(self.function)
        if source.count(self.old) != 1:
            msg = f"{self.function.__qualname__} has {self.old!r} {source.count(self.old)} times"
            raise EditDoesNotFit(msg)
        source = source.replace(self.old, self.new)
        in_class = source[0].isspace()
        made: dict[str, Any] = {}
        # A method keeps its indentation: it is compiled as part of some class.
        source = f"class Edited:\n{source}" if in_class else source
        exec(source, dict(self.function.__globals__), made)  # noqa: S102 - our own source, edited
        found = made["Edited"].__dict__ if in_class else made
        code: CodeType = found[self.function.__name__].__code__
        return code


@dataclass(frozen=True, slots=True)
class Mutant:
    """`expected` is the id of the oracle that should see it."""

    name: str
    expected: str
    edit: Edit
    further: Edit | None = None

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (self.edit,) if self.further is None else (self.edit, self.further)

    @contextmanager
    def applied(self) -> Iterator[None]:
        edits = self.edits
        codes = [each.compiled() for each in edits]
        before = [each.function.__code__ for each in edits]
        try:
            for each, code in zip(edits, codes, strict=True):
                each.function.__code__ = code
            yield
        finally:
            for each, code in zip(edits, before, strict=True):
                each.function.__code__ = code


def edit(function: Callable[..., Any], old: str, new: str) -> Edit:
    if not isinstance(function, FunctionType):
        msg = f"{function} is no plain function"
        raise TypeError(msg)
    return Edit(function, old, new)
