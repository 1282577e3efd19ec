"""Tests that share an expensive stack run in one process: a group that falls apart makes it again in each."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests"


def test_a_group_is_one_processs_own() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "-v",
            "-p",
            "no:cacheprovider",
            "tests/tools/participant/test_bookings.py",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    ).stdout

    workers = re.findall(r"^\[(gw\d)\] .*PASSED", told, re.MULTILINE)
    assert len(workers) > 5, told
    assert len(set(workers)) == 1, told


def test_every_file_that_marks_a_proof_is_read_by_both_targets(pytestconfig: pytest.Config) -> None:
    """Whoever is in neither list would have its proofs collected by nobody."""
    lists = pytestconfig.pluginmanager.get_plugin(str(TESTS / "conftest.py"))
    assert lists is not None
    marking = {
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("test_*.py")
        if "pytest.mark.proof" in path.read_text(encoding="utf-8") and path != Path(__file__)
    }

    assert {*lists.PARTLY} <= marking
    assert [place for place in sorted(marking - {*lists.PARTLY}) if not place.startswith(lists.PROOF)] == []
