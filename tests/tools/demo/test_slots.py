"""Slots held at one time are counted in the order in which the table was written, whatever sagas tell."""

from typing import Any

from demo.slots import most_held

PYTHON, BASH = {"claim": {"S": "python-batch#3"}}, {"claim": {"S": "bash#0"}}
NONE: dict[str, Any] = {"version": {"N": "1"}}


def _change(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    images = {"OldImage": before, "NewImage": after}
    return {"dynamodb": {name: image for name, image in images.items() if image is not None}}


TAKEN, GIVEN_BACK = _change(None, PYTHON), _change(PYTHON, NONE)


def test_one_after_the_other_is_one_at_a_time() -> None:
    assert most_held([TAKEN, GIVEN_BACK, TAKEN, GIVEN_BACK]) == {"python-batch": 1}


def test_a_slot_taken_before_another_is_given_back_is_held_beside_it() -> None:
    assert most_held([TAKEN, TAKEN, GIVEN_BACK, GIVEN_BACK, TAKEN]) == {"python-batch": 2}


def test_a_write_that_keeps_a_slot_takes_no_other() -> None:
    assert most_held([TAKEN, _change(PYTHON, PYTHON), _change(PYTHON, PYTHON)]) == {"python-batch": 1}


def test_languages_and_what_holds_nothing_are_told_apart() -> None:
    stub, counter = _change(None, NONE), _change(NONE, {"n": {"N": "1"}})
    claimed_later = _change(NONE, BASH)
    assert most_held([stub, TAKEN, counter, claimed_later]) == {"python-batch": 1, "bash": 1}


def test_an_item_that_goes_with_its_slot_holds_it_no_more() -> None:
    assert most_held([TAKEN, _change(PYTHON, None), TAKEN]) == {"python-batch": 1}
