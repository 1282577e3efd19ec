"""Measures in processes of their own, and the median of what they say."""

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PROCESSES = 5
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def measured(*arguments: str) -> list[dict[str, Any]]:
    """What each of the processes answers, one after the other."""
    return [_answer([], arguments) for _ in range(PROCESSES)]


def median(answers: list[dict[str, Any]], name: str) -> float:
    return statistics.median(float(answer[name]) for answer in answers)


def spread(answers: list[dict[str, Any]], name: str) -> str:
    values = sorted(answer[name] for answer in answers)
    return f"{values[0]:.2f} to {values[-1]:.2f} in {len(values)} processes"


def instructions(folder: Path, *arguments: str) -> Mapping[str, float]:
    """Instructions of one run of each contender, by its name: a figure that does not swing with the machine."""
    tool = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={folder}/%p"]
    answer = _answer(tool, arguments)
    counts = {each: _total(folder / str(child)) for each, child in answer["children"].items()}
    idle = counts.pop("idle")
    return {each: (total - idle) / answer["runs"] for each, total in counts.items()}


def _answer(tool: list[str], arguments: tuple[str, ...]) -> dict[str, Any]:
    done = subprocess.run(
        [*tool, sys.executable, "-m", "tests.release.benchmarks.timed", *arguments],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}"
        raise RuntimeError(message)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _total(file: Path) -> int:
    found = re.search(r"^(?:totals|summary): (\d+)", file.read_text(), re.MULTILINE)
    if found is None:
        message = f"{file} holds no count"
        raise ValueError(message)
    return int(found[1])
