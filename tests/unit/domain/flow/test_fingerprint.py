"""A definition's fingerprint: what changes running sagas' meaning changes it, and nothing else does."""

import subprocess
import sys
from dataclasses import fields, replace

import pytest

from saga_orchestrator.domain.defining.fingerprint import _plain
from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.flow.terms import Announcement, Kept, Retry
from sagas.order import ORDER

FIRST = ORDER.steps[0]
SHOWN = {"reservation": Kept(str, 64, shown=True)}


def _step(**fields: object) -> SagaDefinition:
    return replace(ORDER, steps=(replace(FIRST, **fields), *ORDER.steps[1:]))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    "edited",
    [
        _step(within=31),
        _step(retry=Retry(attempts=2)),
        _step(undo=None),
        _step(holds_earlier=True),
        _step(when=lambda _order: True),
        replace(ORDER, steps=(ORDER.steps[1], ORDER.steps[0], *ORDER.steps[2:])),
        replace(ORDER, settings=dict(reversed(list(ORDER.settings.items())))),
        replace(ORDER, cancels="ORDER_WITHDRAWN"),
        replace(ORDER, within=60),
        replace(ORDER, messages={**ORDER.messages, "order_confirmed": Announcement("ORDER_IS_CONFIRMED")}),
        replace(ORDER, announces={}),
    ],
)
def test_an_edit_shows(edited: SagaDefinition) -> None:
    assert edited.fingerprint != ORDER.fingerprint


@pytest.mark.parametrize(
    "same",
    [
        replace(ORDER),
        replace(ORDER, version=2),
        replace(ORDER, retired=(Step("gone"),)),
        replace(ORDER, settings={**ORDER.settings, "order_attempts": 4}),
        replace(ORDER, starts=replace(ORDER.starts, shown=("customer",))),  # type: ignore[type-var]  # it has one
        replace(ORDER, steps=(FIRST, replace(ORDER.steps[1], keeps=SHOWN), *ORDER.steps[2:])),
    ],
)
def test_what_no_running_saga_goes_by_does_not_show(same: SagaDefinition) -> None:
    assert same.fingerprint == ORDER.fingerprint


def test_a_word_that_the_engine_learns_later_changes_no_older_definition() -> None:
    """Only what a definition says counts: here its first step, with all that it leaves at its default said as well."""
    default = {field.name: getattr(FIRST, field.name) for field in fields(FIRST)}

    assert _step(**default).fingerprint == ORDER.fingerprint
    assert "confirmable" not in repr(_plain(ORDER.steps))
    assert "holds_earlier" in repr(_plain(_step(holds_earlier=True).steps))


def test_it_is_the_same_in_another_process() -> None:
    """Places in memory and the order of sets differ there."""
    code = "from sagas.order import ORDER; print(ORDER.fingerprint)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == ORDER.fingerprint
