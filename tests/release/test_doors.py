"""One door a room: who needs something of another room imports it from the room's package, never from a module in it.

The engine's own layers and `sagas` are held by import-linter's contracts instead. Tests of a room may look inside it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"

#: Every room whose door is watched. A package inside a room that is not listed belongs to that room.
ROOMS = (
    "demo",
    "local_participant",
    "local_stack",
    "local_stack.aws",
    "local_stack.aws.moto_repairs",
    "local_stack.functions",
    "local_stack.http_front",
    "local_stack.issuer",
    "local_stack.registry",
    "local_stack.sources",
    "local_stack.template",
    "kubernetes_worker",
    "local_worker",
    "local_worker.sandboxing",
    "saga_testing",
    "sagactl",
    "stack_client",
)

#: Modules that are public under their own names, because their room's door would become heavy with them.
BESIDE_THE_DOOR = frozenset({"local_stack.stack", "saga_testing.proving"})

#: Whose tests look into which room: a folder of tests, the rooms that it is about.
INSIDE_VIEWS = {
    "tests": ("saga_testing",),  # the kit is for tests, its parts included
    "tests/tools/local_stack": ("local_stack", "sagactl"),  # `sagactl local up` is how the stack is started
    "tests/tools/worker": ("local_worker",),
    "tests/tools/kubernetes_worker": ("kubernetes_worker", "local_worker"),  # its stand-in runs scripts in sandboxes
    "tests/release/security": ("sagactl",),  # what its verbs call against the policies that admit them
    "tests/tools/participant": ("local_participant",),
    "tests/tools/demo": ("demo", "sagactl"),
    "tests/tools/console": ("sagactl",),  # the incidents that it prepares are solved in a browser, too
    "tests/tools/sagactl": ("sagactl", "local_stack"),  # the live view shows what the stack tells
    "tests/release/docs": ("sagactl",),  # what a command prints is in a document
    "tests/proof": ("sagactl",),  # its commands run beside the functions, and bugs are planted in them
    "tests/conformance": ("sagactl",),
}


@dataclass(frozen=True)
class Import:
    file: Path
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def is_module(name: str) -> bool:
    path = INFRA / Path(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def imports_of(file: Path, source: str) -> Iterator[Import]:
    """Every module that the file imports, wherever in it; a module taken from its package's door counts as itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names_a_module = [name for name in inner if is_module(name) and not is_public_name(name)]
            yield from (Import(file, node.lineno, name) for name in (names_a_module or [node.module]))


def is_public_name(name: str) -> bool:
    package, _, last = name.rpartition(".")
    return package in ROOMS and last in getattr(import_module(package), "__all__", ())


def room_of(module: str) -> str | None:
    inside = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return max(inside, key=len, default=None)


def may_look_inside(file: Path, room: str) -> bool:
    """Modules of the room itself, and of rooms in it; and the tests that are about it."""
    relative = file.relative_to(ROOT).as_posix()
    for folder, seen in INSIDE_VIEWS.items():
        if relative.startswith(f"{folder}/") and any(room == one or room.startswith(f"{one}.") for one in seen):
            return True
    return relative.startswith(f"infra/{room.replace('.', '/')}/")


def passes_by_the_door(found: Import) -> bool:
    room = room_of(found.module)
    if room is None or found.module == room or found.module in BESIDE_THE_DOOR:
        return False
    return not may_look_inside(found.file, room)


def files() -> Iterator[Path]:
    for top in ("infra", "functions", "layers", "tests"):
        yield from (file for file in (ROOT / top).rglob("*.py") if "demo/scripts" not in file.as_posix())


def test_a_room_is_imported_through_its_packages_public_names() -> None:
    found = [one for file in files() for one in imports_of(file, file.read_text()) if passes_by_the_door(one)]

    assert [str(one) for one in found] == []


@pytest.mark.parametrize(
    ("file", "line", "passes_by"),
    [
        ("infra/demo/playing.py", "from local_stack.functions.sandbox import Outcome", True),
        ("infra/demo/playing.py", "import local_stack.functions.sandbox", True),
        ("infra/demo/playing.py", "from local_stack.functions import sandbox", True),
        ("infra/demo/playing.py", "def f():\n    from local_worker.worker import Worker", True),
        ("infra/local_stack/stack.py", "from local_stack.aws.call import caller_of", True),
        ("infra/local_stack/sources/schedule.py", "from local_stack.functions.sandbox import Outcome", True),
        ("infra/local_stack/aws/endpoint.py", "from local_stack.aws.moto_repairs.repairs import STATE", True),
        ("infra/demo/playing.py", "from local_stack.functions import Outcome", False),
        ("infra/demo/playing.py", "from local_stack.stack import LocalStack", False),
        ("infra/demo/playing.py", "from demo.tally import Tally", False),
        ("infra/local_stack/functions/sandbox_pool.py", "from local_stack.functions.sandbox import Outcome", False),
        ("infra/local_stack/functions/sandbox.py", "from local_stack.errors import StackClosedError", False),
        ("tests/tools/local_stack/test_sandbox.py", "from local_stack.functions.sandbox import Outcome", False),
        ("tests/contracts/stand_ins.py", "from local_stack.functions.sandbox import Outcome", True),
    ],
)
def test_what_passes_by_a_door(file: str, line: str, passes_by: bool) -> None:
    (found,) = imports_of(ROOT / file, line)

    assert passes_by_the_door(found) is passes_by


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_says_what_its_room_is(room: str) -> None:
    door = import_module(room)

    assert door.__doc__, f"{room} has no docstring"
