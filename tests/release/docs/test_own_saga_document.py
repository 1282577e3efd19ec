"""What the document tells a newcomer to write is what the tests run."""

from tests.release.docs.documents import OWN_SAGA, ROOT, code_blocks, text_of


def test_the_saga_in_the_document_is_the_tested_one() -> None:
    module = (ROOT / "tests/handlers/own_saga/workspace_saga.py").read_text(encoding="utf-8")

    assert code_blocks(OWN_SAGA, "python")[0] == module


def test_the_test_in_the_document_is_one_that_runs() -> None:
    module = (ROOT / "tests/handlers/own_saga/test_workspace_saga.py").read_text(encoding="utf-8")

    assert code_blocks(OWN_SAGA, "python")[2] == module.replace("tests.handlers.own_saga.", "sagas.")


def test_the_registration_in_the_document_is_the_registrys_line_with_one_name_more() -> None:
    registry = (ROOT / "layers/saga_orchestrator/sagas/__init__.py").read_text(encoding="utf-8")
    line = "SAGAS: Final = SagaRegistry((EXECUTION_SAGA, ORDER, WORKSPACE_SAGA))\n"

    assert line in text_of(OWN_SAGA)
    assert line in registry or line.replace(", WORKSPACE_SAGA", "") in registry
