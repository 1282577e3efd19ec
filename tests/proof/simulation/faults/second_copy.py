"""The production package a second time in this process: imported from the same files, some of them edited first."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import Final, TypeAlias

from tests.proof.simulation.faults.code_edits import EditDoesNotFit

PACKAGE: Final = "saga_orchestrator"
SAGAS: Final = "sagas"

Edits: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]
"""By module, the engine's without the package's name: texts that stand there exactly once, and what stands
there instead."""


def second_copy(edits: Edits, wanted: Sequence[str]) -> dict[str, ModuleType]:
    """The `wanted` modules of a package of its own: its classes are others than those of the first copy."""
    finder = _Finder(edits)
    first = _taken_out()
    sys.meta_path.insert(0, finder)
    try:
        # The edited ones too, so that an edit that no longer fits is never passed over.
        copies = {name: importlib.import_module(_full(name)) for name in {*wanted, *edits}}
    finally:
        sys.meta_path.remove(finder)
        _taken_out()
        sys.modules.update(first)
    return {name: copies[name] for name in wanted}


def _taken_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if _is_ours(name)]
    return {name: sys.modules.pop(name) for name in names}


def _is_ours(fullname: str) -> bool:
    return fullname.partition(".")[0] in {PACKAGE, SAGAS}


def _full(name: str) -> str:
    return name if name.partition(".")[0] == SAGAS else f"{PACKAGE}.{name}"


class _Finder(MetaPathFinder):
    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        edits = self._edits.get(fullname.removeprefix(f"{PACKAGE}."))
        found = PathFinder.find_spec(fullname, path) if edits and _is_ours(fullname) else None
        if not edits or found is None or found.origin is None:
            return None
        return spec_from_file_location(fullname, found.origin, loader=_EditedLoader(fullname, found.origin, edits))


class _EditedLoader(SourceFileLoader):
    """Compiles the edited text each time: nothing of it may reach the cache of compiled files."""

    def __init__(self, fullname: str, path: str, edits: Sequence[tuple[str, str]]) -> None:
        super().__init__(fullname, path)
        self._edits = edits

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        for old, new in self._edits:
            if source.count(old) != 1:
                msg = f"{fullname} has {old!r} {source.count(old)} times"
                raise EditDoesNotFit(msg)
            source = source.replace(old, new)
        code: CodeType = compile(source, self.path, "exec", dont_inherit=True)
        return code
