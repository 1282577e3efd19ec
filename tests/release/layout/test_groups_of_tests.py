"""Tests that share an expensive stack run in one process: a group that falls apart makes it again in each."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


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
