"""Rules about the deployed code that a linter has no name for, and bandit over the same code."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
PACKAGE: Final = ROOT / "layers" / "saga_orchestrator" / "saga_orchestrator"
DEPLOYED: Final = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")])
CORE: Final = [
    path for path in DEPLOYED if "adapters" not in path.relative_to(ROOT).parts and path.name != "bootstrap.py"
]

FORBIDDEN_MODULES: Final = {"time", "random", "secrets", "uuid"}
FORBIDDEN_CALLS: Final = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("os", "urandom"),
    ("os", "getrandom"),
}

REVEALS: Final = {
    "adapters/payload_bucket.py": 1,  # the script, into the bucket
    "adapters/rejected_events.py": 1,  # the original bytes of a rejected event, into the bucket
    "application/relay.py": 1,  # a small script into the command, when the deployment asks for that
}

BANDIT_REVIEWED: Final = {
    ("B105", "application/ports.py"): "a fate named may_pass is no password",
    ("B311", "bootstrap.py"): "jitter and shard choice need no cryptographic dice",
}


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT))


def breaches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where code takes the time or chance from anywhere but its arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in FORBIDDEN_MODULES:
                    yield node.lineno, f"import {alias.name}"
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "") in FORBIDDEN_MODULES:
            yield node.lineno, f"from {node.module}"
        elif isinstance(node, ast.Attribute) and (ast.unparse(node.value).split(".")[-1], node.attr) in FORBIDDEN_CALLS:
            yield node.lineno, node.attr


def reveals(tree: ast.AST) -> int:
    return sum(isinstance(node, ast.Attribute) and node.attr in {"reveal", "_content"} for node in ast.walk(tree))


@pytest.mark.parametrize("path", CORE, ids=named)
def test_time_and_chance_come_in_through_the_composition_root(path: Path) -> None:
    assert not list(breaches(ast.parse(path.read_text())))


@pytest.mark.parametrize(
    "line",
    ["import time", "from random import choice", "import uuid as u", "x = datetime.now(UTC)", "y = os.urandom(8)"],
)
def test_the_rule_about_time_and_chance_finds_what_it_is_for(line: str) -> None:
    assert list(breaches(ast.parse(line)))


@pytest.mark.parametrize("path", DEPLOYED, ids=named)
def test_nothing_is_guarded_by_an_assert(path: Path) -> None:
    """`python -O` removes them, and their message is an uncaught exception."""
    assert not [node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Assert)]


def test_users_data_is_unwrapped_in_listed_places_only() -> None:
    found = {named(path): count for path in DEPLOYED if (count := reveals(ast.parse(path.read_text())))}
    own = found.pop("domain/secret.py")

    assert found == REVEALS
    assert own == 2, "kept once, and given out once"


def test_bandit_finds_nothing_that_was_not_reviewed() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "-f", "json", "layers/saga_orchestrator", "functions"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    report = json.loads(run.stdout)
    found = {(each["test_id"], named(ROOT / each["filename"])) for each in report["results"]}

    assert not report["errors"]
    assert found == BANDIT_REVIEWED.keys()
