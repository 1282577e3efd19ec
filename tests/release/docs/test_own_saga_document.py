"""What the document tells a newcomer to write is what the tests run."""

from typing import Final

import pytest

from tests.release.docs.documents import OWN_SAGA, ROOT, code_blocks, text_of

BLOCKS: Final = (
    "rental_first.py",
    "RENTAL",
    "rental.py",
    "test_rental.py",
    "workspace_saga.py",
    "WORKSPACE_SAGA",
    "test_workspace_saga.py",
)
"""Its Python, in order: modules of `tests/handlers/own_saga`, and lines that register."""


def test_the_document_has_these_blocks_and_no_others() -> None:
    assert len(code_blocks(OWN_SAGA, "python")) == len(BLOCKS)


@pytest.mark.parametrize("module", [each for each in BLOCKS if each.endswith(".py")])
def test_a_module_in_the_document_is_a_tested_one(module: str) -> None:
    tested = (ROOT / "tests/handlers/own_saga" / module).read_text(encoding="utf-8")

    shown = code_blocks(OWN_SAGA, "python")[BLOCKS.index(module)]

    assert shown == (tested.replace("tests.handlers.own_saga.", "sagas.") if module.startswith("test_") else tested)


@pytest.mark.parametrize("name", ["RENTAL", "WORKSPACE_SAGA"])
def test_a_registration_in_the_document_is_the_registrys_line_with_one_name_more(name: str) -> None:
    registry = (ROOT / "layers/saga_orchestrator/sagas/__init__.py").read_text(encoding="utf-8")
    line = f"SAGAS: Final = SagaRegistry((EXECUTION_SAGA, ORDER, {name}))\n"

    assert code_blocks(OWN_SAGA, "python")[BLOCKS.index(name)] == line
    assert line in registry or line.replace(f", {name}", "") in registry


def test_nothing_is_said_to_be_missing_that_is_there() -> None:
    assert "cannot be deployed yet" not in text_of(OWN_SAGA)
