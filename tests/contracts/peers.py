"""`python -m tests.contracts.peers [--record]`: the suite against raw moto and against ministack.

ministack lives in an environment of its own, `.venv-peers`: it pins another botocore. It listens on the loopback
address alone. `--record` takes the observations over into differences.json instead of comparing them.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.contracts.differences import (
    DOCUMENT,
    MINISTACK,
    RAW_MOTO,
    Difference,
    document,
    problem,
    recorded,
    shown,
    write,
)
from tests.contracts.suite import CASES

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = ROOT / ".venv-peers" / "bin" / "ministack"
START_SECONDS: Final = 30


@contextmanager
def ministack() -> Iterator[str]:
    """Its endpoint."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": folder,
            "HOME": folder,
            "PATH": os.environ["PATH"],
        }
        quiet = subprocess.DEVNULL
        with subprocess.Popen([str(PROGRAM)], env=settings, cwd=folder, stdout=quiet, stderr=quiet) as process:
            try:
                _wait_until_healthy(f"http://127.0.0.1:{port}")
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


def _wait_until_healthy(endpoint: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1).close()  # noqa: S310 - our own process
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def observe(*arguments: str) -> dict[str, str]:
    command = [sys.executable, "-m", "tests.contracts.observe", *arguments]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    found: dict[str, str] = json.loads(output)
    return found


def main(arguments: list[str]) -> int:
    found = {RAW_MOTO: observe()}
    with ministack() as endpoint:
        found[MINISTACK] = observe(endpoint)
    if arguments == ["--record"]:
        record(found)
        return 0
    problems = [
        said
        for emulator, answers in found.items()
        for case in CASES
        if (said := problem(emulator, case, answers[case.name]))
    ]
    for emulator, answers in found.items():
        same = sum(answers[case.name] == shown(case.expected) for case in CASES)
        sys.stdout.write(f"{emulator}: {same} of {len(CASES)} cases as AWS documents\n")
    sys.stdout.writelines(f"{each}\n" for each in problems)
    return 1 if problems else 0


def record(found: dict[str, dict[str, str]]) -> None:
    """Judgements of lines that stay are kept; a new one starts with AWS's documentation in the right."""
    judged = {(each.emulator, each.case): each.right for each in recorded()}
    kept = [each for each in recorded() if each.emulator not in found]
    write(
        [
            *kept,
            *(
                Difference(emulator, case.name, answers[case.name], judged.get((emulator, case.name), "AWS"))
                for emulator, answers in found.items()
                for case in CASES
                if answers[case.name] != shown(case.expected)
            ),
        ]
    )
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
