"""The list of explained survivors cannot rot: every entry still names code that stands in the core."""

import ast

import pytest

from tests.proof.mutation.explained import Explanation, explanations
from tests.proof.mutation.scope import PACKAGE, modules, short
from tests.proof.mutation.source import place_of

KINDS = {"equivalent", "narrowing", "structure", "cost"}


def name_of(explanation: Explanation) -> str:
    return f"{explanation.file}-{explanation.where}-{explanation.after}"


@pytest.mark.parametrize("explanation", explanations(), ids=name_of)
def test_an_explanation_is_of_code_that_exists(explanation: Explanation) -> None:
    path = PACKAGE / explanation.file
    assert path in modules()
    source = path.read_text(encoding="utf-8")
    lines, tree = [line.strip() for line in source.splitlines()], ast.parse(source)
    wanted = explanation.before.splitlines()

    places = [place_of(start + 1, tree) for start in range(len(lines)) if lines[start : start + len(wanted)] == wanted]

    assert explanation.where in places, f"{explanation.before!r} does not stand in {explanation.where or 'the module'}"
    assert explanation.after != explanation.before


@pytest.mark.parametrize("explanation", explanations(), ids=name_of)
def test_an_explanation_explains(explanation: Explanation) -> None:
    assert explanation.kind in KINDS
    assert len(explanation.reason.split()) >= 4


def test_no_mutant_is_explained_twice() -> None:
    keys = [explanation.key for explanation in explanations()]

    assert len(keys) == len(set(keys))


def test_the_whole_core_is_in_scope() -> None:
    names = {short(path) for path in modules()}

    for package in ("domain", "application"):
        assert {short(path) for path in (PACKAGE / package).rglob("*.py") if path.read_text()} <= names
