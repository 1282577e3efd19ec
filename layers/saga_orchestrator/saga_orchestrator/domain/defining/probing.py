"""What a definition's own functions read: each is called once, when it is imported, over a view that tells.

A body that reads what no step keeps by then would raise in the middle of a saga, where nobody can mend it quickly.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from saga_orchestrator.domain.flow.terms import View

STAND_IN: Final = "probe"
NUMBERS: Final = frozenset({int, float, bool})


class ReadTooEarly(KeyError):
    """Something that is not known by then. A `KeyError`, so that a function that asks first is not found wanting."""


class Anything:
    """Stands in for a value of the input: whatever is done with it gives another, every comparison is false."""

    def __getattr__(self, name: str) -> "Anything":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def _itself(self, *_arguments: object, **_named: object) -> "Anything":
        return self

    __getitem__ = __call__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _itself
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __neg__ = __round__ = _itself

    def _no(self, _other: object = None) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _no

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __index__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0

    def __str__(self) -> str:
        return STAND_IN


@dataclass(frozen=True, slots=True)
class Known(Mapping[str, Any]):
    """A mapping with these values alone; `what` says what it holds, for the sentence about a wrong read."""

    what: str
    values_of: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        if name not in self.values_of:
            sentence = f"{self.what} {name!r}"
            raise ReadTooEarly(sentence)
        return self.values_of[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_of)

    def __len__(self) -> int:
        return len(self.values_of)


def misread(function: Callable[[View], object], seen: View) -> str | None:
    """What the function reads and cannot know, or None. What else it raises is no matter of its view."""
    try:
        answer = function(seen)
        if isinstance(answer, Mapping):
            dict(answer)
    except ReadTooEarly as early:
        return str(early.args[0])
    except (Exception, SystemExit):  # noqa: BLE001 - whatever a user's function raises
        # Over stand-ins a sound function may raise too; one that always raises is set aside when it is called.
        return None
    return None


def probe(input_model: type[Any], settings: Mapping[str, int], kept: Mapping[str, Mapping[str, type]]) -> View:
    """A view on which exactly what `kept` names, by step, is known of replies."""
    told = {step: Known(f"field of {step!r}", _values(of)) for step, of in kept.items()}
    return View(
        key=STAND_IN,
        owner=STAND_IN,
        input=_input(input_model),
        settings=Known("setting", settings),
        data=Known("data of", told),
    )


def _input(model: type[Any]) -> Mapping[str, Any]:
    if not is_dataclass(model):
        return _Whatever("input field", {})
    return Known("input field", {each.name: Anything() for each in fields(model)})


class _Whatever(Known):
    """The fields of a model that does not tell them here."""

    def __getitem__(self, name: str) -> Any:
        return Anything()

    def __contains__(self, name: object) -> bool:
        return True


def _values(kept: Mapping[str, type]) -> dict[str, Any]:
    return {name: kind(1) if kind in NUMBERS else Anything() for name, kind in kept.items()}
