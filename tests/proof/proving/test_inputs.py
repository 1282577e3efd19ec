"""Inputs are made from the model, one for each way that the definition's own functions tell apart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Le, Len
from pydantic import AfterValidator

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.terms import Start
from saga_testing.proving.authored.inputs import NoInput, inputs_of
from tests.proof.proving.definitions import PAIR, TRIP


def deciding_by(model: type[Any], when: Callable[[Any], bool]) -> SagaDefinition:
    first, *others = PAIR.steps
    return replace(PAIR, starts=Start("PAIR_ASKED", "pair_id", model), steps=(replace(first, when=when), *others))


@dataclass(frozen=True, slots=True)
class Parcel:
    grams: Annotated[int, Ge(10), Le(9000)]
    kind: Literal["letter", "box"]
    fragile: bool
    labels: Annotated[tuple[str, ...], Len(1, 3)]
    note: str | None


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(lambda seen: seen.input["grams"] > 500, id="a number that is written in it"),
        pytest.param(lambda seen: seen.input["kind"] == "box", id="a word of several"),
        pytest.param(lambda seen: seen.input["fragile"], id="a flag"),
        pytest.param(lambda seen: seen.input["note"] is None, id="something that may be missing"),
        pytest.param(lambda seen: "rush" in seen.input["labels"], id="a text that is written in it"),
        pytest.param(lambda seen: seen.input["fragile"] and seen.input["kind"] == "box", id="two fields at once"),
    ],
)
def test_both_ways_of_a_condition_have_their_input(when: Callable[[Any], bool]) -> None:
    definition = deciding_by(Parcel, when)

    inputs = inputs_of(definition, {})

    class Seen:
        def __init__(self, content: dict[str, Any]) -> None:
            self.input = content

    assert {bool(when(Seen(content))) for content in inputs} == {True, False}


def test_the_settings_of_a_deployment_are_among_what_is_tried() -> None:
    days = sorted(content["days"] for content in inputs_of(TRIP, {"long_trip_days": 11, "patience_seconds": 40}))

    assert days[0] <= 11 < days[1] <= 30 < days[2]


def test_a_model_that_takes_nothing_is_said_to_be_one() -> None:
    def never(value: int) -> int:
        raise ValueError(value)

    @dataclass(frozen=True, slots=True)
    class Nothing:
        number: Annotated[int, AfterValidator(never)]

    with pytest.raises(NoInput, match="no valid input of pair_saga"):
        inputs_of(deciding_by(Nothing, lambda _seen: True), {})
