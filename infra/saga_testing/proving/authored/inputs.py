"""Inputs made from a definition's own model: one for each way in which its conditions, checks and claims can go."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.terms import View
from saga_testing.proving.subject import sample_of

Json = dict[str, Any]

OF_EXECUTIONS: Final[tuple[Json, ...]] = ({}, {"timeout_seconds": 301})
MOST_TRIED: Final = 2000
MOST_KEPT: Final = 8
TEXTS: Final = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
}


class NoInput(Exception):
    """No input of the model could be made; it has to be given."""


def inputs_of(definition: SagaDefinition, settings: Mapping[str, int]) -> tuple[Json, ...]:
    """Inputs that differ in what the definition's own functions make of them.

    Raises:
        NoInput: nothing that was tried is a valid one.
    """
    if definition.starts is None:
        return OF_EXECUTIONS
    kept: dict[Any, Json] = {}
    model: TypeAdapter[Any] = TypeAdapter(definition.starts.input)
    for content in itertools.islice(_contents(model, definition, settings), MOST_TRIED):
        if _is_valid(model, content):
            kept.setdefault(_profile(definition, settings, content), content)
    if not kept:
        msg = f"no valid input of {definition.name} could be made from its model"
        raise NoInput(msg)
    return tuple(itertools.islice(kept.values(), MOST_KEPT))


def _contents(model: TypeAdapter[Any], definition: SagaDefinition, settings: Mapping[str, int]) -> Iterator[Json]:
    """A plain one, then each field at each of its interesting values, then two fields at once."""
    maker = _Values(model.json_schema(), _constants(definition, settings))
    fields = {name: maker.of(schema) for name, schema in maker.root.get("properties", {}).items()}
    plain = {name: values[0] for name, values in fields.items() if values}
    yield plain
    for name, values in fields.items():
        yield from ({**plain, name: value} for value in values[1:])
    for (one, values), (other, others) in itertools.combinations(fields.items(), 2):
        yield from ({**plain, one: a, other: b} for a, b in itertools.product(values[1:], others[1:]))


def _is_valid(model: TypeAdapter[Any], content: Json) -> bool:
    try:
        model.validate_python(content)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True)
class _Values:
    """Values for a JSON schema, a plain one first. `constants` are numbers and texts that the definition knows."""

    root: Json
    constants: tuple[Any, ...]

    def of(self, schema: Json) -> list[Any]:
        if "$ref" in schema:
            return self.of(self.root["$defs"][schema["$ref"].rpartition("/")[2]])
        if either := schema.get("anyOf", schema.get("oneOf")):
            return [value for each in either for value in self.of(each)]
        if "enum" in schema or "const" in schema:
            return list(schema.get("enum", [schema.get("const")]))
        return self._of_type(schema)

    def _of_type(self, schema: Json) -> list[Any]:
        match schema.get("type", "object"):
            case "integer" | "number":
                return self._numbers(schema)
            case "string":
                return self._texts(schema)
            case "array":
                return self._arrays(schema)
            case kind:
                plain: dict[Any, list[Any]] = {"boolean": [False, True], "null": [None]}
                return plain[kind] if kind in plain else self._objects(schema)

    def _numbers(self, schema: Json) -> list[Any]:
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        most = schema.get("maximum", schema.get("exclusiveMaximum"))
        around = [n + d for n in self.constants if isinstance(n, int) and not isinstance(n, bool) for d in (0, 1, -1)]
        ends = [least, *([most] if most is not None else [])]
        return list(dict.fromkeys(n for n in (*ends, *around) if n >= least and (most is None or n <= most)))

    def _texts(self, schema: Json) -> list[Any]:
        plain = TEXTS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
        known = [c for c in self.constants if isinstance(c, str) and c and len(c) <= schema.get("maxLength", 64)]
        return list(dict.fromkeys((plain, *known)))

    def _arrays(self, schema: Json) -> list[Any]:
        items = self.of(schema["items"]) if "items" in schema else ["x"]
        least = schema.get("minItems", 0)
        one = [items[0]] * max(1, least)
        return [one, *([[]] if least == 0 else []), *([each, *one[1:]] for each in items[1:4])]

    def _objects(self, schema: Json) -> list[Any]:
        fields = {name: self.of(each) for name, each in schema.get("properties", {}).items()}
        plain = {name: values[0] for name, values in fields.items() if values}
        varied = ({**plain, name: value} for name, values in fields.items() for value in values[1:3])
        return [plain, *itertools.islice(varied, 6)]


def _constants(definition: SagaDefinition, settings: Mapping[str, int]) -> tuple[Any, ...]:
    """What the definition's functions compare with: its settings, and what is written in them."""
    functions = [each for step in definition.steps for each in (step.when, step.check, step.claims) if each is not None]
    written = [constant for each in functions for constant in getattr(getattr(each, "__code__", None), "co_consts", ())]
    return (*settings.values(), *(each for each in written if isinstance(each, int | str)))


def _profile(definition: SagaDefinition, settings: Mapping[str, int], content: Json) -> Any:
    """How the saga's ways divide for this input."""
    seen = sample_view(definition, settings, content)
    return tuple(
        repr(_answer(function, seen))
        for step in definition.steps
        for function in (step.when, step.check, step.claims)
        if function is not None
    )


def sample_view(definition: SagaDefinition, settings: Mapping[str, int], content: Json) -> View:
    """All that could be known in the end."""
    data = {step.key: {name: sample_of(kept) for name, kept in step.keeps.items()} for step in definition.steps}
    return View(
        key="k-1",
        owner="ada",
        input=content,
        settings={**definition.settings, **settings},
        data={step: kept for step, kept in data.items() if kept},
        completed_steps=tuple(step.key for step in definition.steps),
    )


def _answer(function: Callable[[View], Any], seen: View) -> Any:
    try:
        return function(seen)
    except Exception as raised:  # noqa: BLE001 - a definition's function may raise whatever it likes: that is a way, too
        return type(raised).__name__
