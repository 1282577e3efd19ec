"""Every requirement of the table, played on the real handlers; and the table itself, held to its own rules."""

import pytest

from saga_testing.moto_world import World
from tests.conformance.compare import differences
from tests.conformance.document import DOCUMENT, render
from tests.conformance.play import play
from tests.conformance.schema import Requirement
from tests.conformance.table import read_theme, requirements, themes

VERIFIED = [requirement for requirement in requirements() if requirement.status == "verified"]


@pytest.mark.parametrize("requirement", VERIFIED, ids=lambda requirement: requirement.id)
def test_the_promise_holds(world: World, requirement: Requirement) -> None:
    seen = play(requirement, world)

    assert differences(requirement.then, seen) == [], requirement.promise


def test_ids_are_unique_and_belong_to_their_theme() -> None:
    ids = [requirement.id for requirement in requirements()]

    assert len(ids) == len(set(ids))
    for theme in themes():
        assert len({requirement.id.partition("-")[0] for requirement in theme.requirements}) == 1, theme.theme


def test_promises_are_said_once() -> None:
    promises = [requirement.promise for requirement in requirements()]

    assert sorted(promises) == sorted(set(promises))


def test_the_table_is_large_and_its_gaps_are_few() -> None:
    gaps = [requirement for requirement in requirements() if requirement.status == "not-covered"]

    assert len(VERIFIED) >= 200
    assert len(gaps) <= 12


HEAD = "theme: T\nabout: something\nrequirements:\n  - id: T-01\n    promise: Something is promised here.\n"


@pytest.mark.parametrize(
    "rest",
    [
        "    status: verified\n    when: [{event: started}]\n    then: {slot: 0}\n",
        "    status: verified\n    when: [{event: started, remaining_ms: 1}]\n    then: {slots: 0}\n",
        "    status: verified\n    when: [{event: started, check: true}]\n    then: {slots: 0}\n",
        "    status: verified\n    when: [{event: started}]\n    then: {slots: 0, slots: 0}\n",
        "    status: verified\n    when: [{event: started}]\n",
        "    status: verified\n    then: {slots: 0}\n",
        "    status: not-covered\n",
        "    status: not-covered\n    reason: none\n    when: [{event: started}]\n",
        "    status: hoped-for\n    when: [{event: started}]\n    then: {slots: 0}\n",
    ],
)
def test_a_requirement_that_says_less_than_it_seems_to_is_an_error(rest: str) -> None:
    with pytest.raises(ValueError, match=r"error for Theme|the same key twice"):
        read_theme(HEAD + rest)


def test_the_document_says_what_the_table_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(), "run: python -m tests.conformance.document"
