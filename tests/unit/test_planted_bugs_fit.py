"""Every edit that the simulation makes to the production code still fits it: found here in a second, not at night."""

import ast
import inspect
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.proof.simulation.faults.code_edits import Edit, EditDoesNotFit, edit
from tests.proof.simulation.faults.neighbours import NEWER, OLDER
from tests.proof.simulation.faults.second_copy import PACKAGE, SAGAS, Edits, second_copy
from tests.proof.simulation.mutants.mutant_catalogue import MUTANTS

EDITS = {f"{mutant.name} ({place})": each for mutant in MUTANTS for place, each in enumerate(mutant.edits, 1)}


@pytest.mark.parametrize("planted", EDITS.values(), ids=EDITS)
def test_a_planted_bug_fits_the_function_that_it_is_planted_in(planted: Edit) -> None:
    assert planted.compiled() is not planted.function.__code__


def test_a_planted_bug_whose_text_is_gone_is_refused() -> None:
    with pytest.raises(EditDoesNotFit):
        edit(second_copy, "no such text", "").compiled()


@pytest.mark.parametrize("edits", [OLDER, NEWER], ids=["N-1", "N+1"])
def test_a_neighbouring_release_fits_the_code_beside_it(edits: Edits) -> None:
    assert second_copy(edits, ["bootstrap"])["bootstrap"].Resources


@pytest.mark.parametrize("edits", [OLDER, NEWER], ids=["N-1", "N+1"])
def test_a_neighbouring_release_imports_nothing_of_the_package_after_it_was_made(edits: Edits) -> None:
    """It would find the other release's module, whose classes and members are none of its own: `is` fails for them.

    A relay whose topic answers with another release's fates acknowledges what was never published.
    """
    assert [each for path in _modules() for each in _late_imports(_edited(path, edits))] == []


def _modules() -> Iterator[tuple[str, Path]]:
    for package in (PACKAGE, SAGAS):
        spec = find_spec(package)
        assert spec is not None
        for place in spec.submodule_search_locations or ():
            for path in sorted(Path(place).rglob("*.py")):
                name = ".".join(path.relative_to(place).with_suffix("").parts)
                yield (name if package == PACKAGE else f"{package}.{name}"), path


def _edited(module: tuple[str, Path], edits: Edits) -> str:
    name, path = module
    source = path.read_text()
    for old, new in edits.get(name, ()):
        source = source.replace(old, new)
    return source


def _late_imports(source: str) -> Iterator[str]:
    for outer in ast.walk(ast.parse(source)):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(outer):
                if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith(PACKAGE)):
                    yield ast.unparse(node)


def test_late_imports_are_found_where_no_edit_removes_them() -> None:
    bootstrap = inspect.getfile(second_copy({}, ["bootstrap"])["bootstrap"].Resources)
    assert list(_late_imports(Path(bootstrap).read_text()))
