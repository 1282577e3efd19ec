"""The tables of the architecture document are those of the code."""

from pathlib import Path

from sagactl.commands.graph import mermaid
from sagas.execution import EXECUTION_SAGA
from tests.release.docs.documents import ARCHITECTURE, ROOT, block, code_blocks, text_of
from tests.release.docs.transition_table import outcomes, transitions

LAYERS = ROOT / "layers/saga_orchestrator/saga_orchestrator"


def test_the_transition_table_is_the_one_that_the_code_obeys() -> None:
    assert block(ARCHITECTURE, "transitions") == transitions()


def test_the_outcome_table_is_what_decide_answers() -> None:
    assert block(ARCHITECTURE, "outcomes") == outcomes()


def test_the_picture_of_the_saga_is_drawn_from_its_definition() -> None:
    assert mermaid(EXECUTION_SAGA) in code_blocks(ARCHITECTURE, "mermaid")


def test_every_module_that_the_document_names_exists() -> None:
    named = {word for word in text_of(ARCHITECTURE).split("`") if word.endswith(".py") and " " not in word}
    missing = [name for name in named if not _found(name)]

    assert len(named) > 10
    assert missing == []


def _found(name: str) -> bool:
    places: tuple[Path, ...] = (ROOT, LAYERS, LAYERS.parent)
    return any((place / name).is_file() for place in places)
