"""A test folder imports the kit and itself, and no fixture is imported by name: pytest finds them where they belong."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[2]
ROOMS: Final = sorted(each.name for each in TESTS.iterdir() if each.is_dir() and not each.name.startswith((".", "_")))


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def strangers(room: str, names: Iterator[str]) -> set[str]:
    """What is imported from another room, or from the folder above them all."""
    return {name for name in names if name.split(".")[0] == "tests" and name.split(".")[1:2] != [room]}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other(room: str) -> None:
    found = {str(module): strangers(room, imported(module)) for module in (TESTS / room).rglob("*.py")}

    assert found, "a room without modules"
    assert {module: names for module, names in found.items() if names} == {}


def test_another_room_would_be_found() -> None:
    assert strangers("unit", iter(["tests.unit.samples", "tests.proof.simulation", "tests", "json"])) == {
        "tests.proof.simulation",
        "tests",
    }


def test_the_kit_imports_no_test() -> None:
    kit = TESTS.parent / "infra" / "saga_testing"

    assert [name for module in kit.rglob("*.py") for name in imported(module) if name.split(".")[0] == "tests"] == []


ABOUT_THE_REGISTRY: Final = {
    "handlers/test_what_each_folder_is_bound_to.py": "functions are bound to what is registered",
    "release/docs/channels/sagas.py": "what is registered is what is documented",
    "tools/sagactl/test_reading.py": "an unknown name is answered with the registered ones",
    "unit/domain/test_definitions.py": "a saga is found by its name among whatever is registered",
}
"""Who may read `SAGAS`. All others name the sagas they are about: a user who registers one more breaks no test."""


def test_no_test_is_about_whatever_happens_to_be_registered() -> None:
    reads = {
        module.relative_to(TESTS).as_posix()
        for module in TESTS.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "sagas" and "SAGAS" in {each.name for each in node.names}
    }

    assert reads == set(ABOUT_THE_REGISTRY)
