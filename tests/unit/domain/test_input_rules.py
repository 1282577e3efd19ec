"""What is told of the content of a start: each field once, in words, whatever types its model lets it have."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import AnyUrl, TypeAdapter, ValidationError

from saga_orchestrator.domain.defining.input_rules import input_explanation
from saga_orchestrator.domain.executions.request_rules import named_fields


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        (("amount:int_type", "amount:float_type"), "amount must be a number"),
        (("amount:int_type",), "amount must be a whole number"),
        (("kind:string_type", "kind:int_type"), "kind must be text, or must be a whole number"),
        (("a:missing", "b:missing", "+3"), "a is missing; b is missing; and 3 more"),
        (("a:new", "a:newer"), "a breaks its rule"),
    ],
)
def test_a_field_that_fits_none_of_its_types_is_told_once(faults: tuple[str, ...], told: str) -> None:
    assert input_explanation(faults) == told
    assert len(named_fields(faults)) == len(set(named_fields(faults)))


@pytest.mark.parametrize("value", [[], "?", 7.5, True, None, {}], ids=str)
@pytest.mark.parametrize(
    "kind",
    [
        int,
        float,
        str,
        bool,
        list[int],
        tuple[int, ...],
        dict[str, int],
        set[int],
        date,
        datetime,
        Decimal,
        UUID,
        AnyUrl,
    ],
    ids=str,
)
def test_what_json_can_be_wrong_in_is_told_in_words(kind: Any, value: Any) -> None:
    try:
        TypeAdapter(kind).validate_json(TypeAdapter(Any).dump_json(value), strict=True)
    except ValidationError as invalid:
        for error in invalid.errors():
            told = input_explanation([f"field:{error['type']}"])
            assert re.match(r"field (must|is|has|holds) ", told), error["type"]
