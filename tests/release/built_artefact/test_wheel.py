"""What `pip install` of the built wheel gives in an empty environment: the operator's command; the rest as extras."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

FIELD_CASES = ("wheel",)

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
SOURCES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "template.yaml")
FOLDERS = ("layers", "infra", "functions", "requirements")
INHERITED = {name: os.environ[name] for name in os.environ if name not in {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}}


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel and what it asks for, and a folder that holds nothing."""

    environment: Path
    folder: Path

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    def sagactl(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.run(self.environment / "bin" / "sagactl", *arguments)

    def run(self, program: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, *arguments],
            cwd=self.folder,
            env=INHERITED,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def uv(*arguments: str | Path) -> str:
    finished = subprocess.run([UV, *arguments], env=INHERITED, capture_output=True, text=True, timeout=300, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build leaves folders behind, and takes up what an earlier one left."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copy(ROOT / name, source)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    target = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", target, source)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, "", tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def with_stack(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, "[local]", tmp_path_factory.mktemp("local"))


def install(wheel: Path, extra: str, folder: Path) -> Installed:
    """At the locked versions: which newer ones there are today is no matter of this test."""
    environment, empty = folder / "environment", folder / "empty"
    uv("venv", "--quiet", "--python", sys.executable, environment)
    constraints = ("--constraint", ROOT / "requirements" / "dev.txt")
    uv("pip", "install", "--quiet", "--python", environment / "bin" / "python", *constraints, f"{wheel}{extra}")
    empty.mkdir()
    return Installed(environment, empty)


def test_every_module_is_in_the_wheel(wheel: Path) -> None:
    rooms = [ROOT / "layers" / "saga_orchestrator", ROOT / "infra"]
    packages = [
        folder for room in rooms for folder in room.iterdir() if folder.is_dir() and "egg-info" not in folder.name
    ]
    files = {
        str(path.relative_to(package.parent))
        for package in packages
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert files <= set(zipfile.ZipFile(wheel).namelist())
    assert len(packages) == 10


def test_the_command_runs_where_nothing_else_is(installed: Installed) -> None:
    answer = installed.sagactl("--help")

    assert (answer.returncode, answer.stderr) == (0, "")
    assert "reconcile" in answer.stdout


def test_it_draws_the_saga(installed: Installed) -> None:
    answer = installed.sagactl("graph")

    assert (answer.returncode, answer.stderr) == (0, "")
    assert "CREATE_POD_COMMAND" in answer.stdout


def test_it_reaches_for_a_stack_and_says_which_is_missing(installed: Installed) -> None:
    answer = installed.sagactl("list", "--endpoint-url", "http://127.0.0.1:9", "--region", "us-east-1")

    assert answer.returncode == 2
    assert "is the stack up?" in answer.stderr


def test_no_emulator_and_no_test_runner_come_along(installed: Installed) -> None:
    names = {each["name"] for each in json.loads(uv("pip", "list", "--format", "json", "--python", installed.python))}

    assert not names & {"moto", "aws-sam-translator", "awslambdaric", "werkzeug", "pytest", "setuptools"}
    assert {"typer", "botocore", "saga-orchestrator"} <= names


@pytest.mark.parametrize("command", [("local", "up"), ("demo",)])
def test_the_stack_says_that_it_is_an_extra(installed: Installed, command: tuple[str, ...]) -> None:
    answer = installed.sagactl(*command)

    assert answer.returncode == 2
    assert answer.stderr == (
        "sagactl: the local stack is an extra that is not installed: pip install 'saga-orchestrator[local]'\n"
    )


def test_the_kit_reads_its_own_data(installed: Installed) -> None:
    answer = installed.run(
        installed.python, "-c", "import saga_testing.aws.dynamodb.expressions.reserved_words as r; print(r.__file__)"
    )

    assert answer.returncode == 0, answer.stderr
    assert str(installed.environment) in answer.stdout


def test_the_extra_brings_a_stack_that_runs_the_wheels_own_template(with_stack: Installed) -> None:
    command: list[str | Path] = [
        with_stack.environment / "bin" / "sagactl",
        "local",
        "up",
        "--worker",
        "none",
        "--ready-file",
        "ready.json",
    ]
    process = subprocess.Popen(
        command, cwd=with_stack.folder, env=INHERITED, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        ready = with_stack.folder / "ready.json"
        until = time.monotonic() + 90
        while not ready.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.2)
        assert ready.exists(), process.communicate(timeout=1) if process.poll() is not None else "not ready in 90 s"
        listed = with_stack.sagactl("list", "--endpoint-url", json.loads(ready.read_text())["aws_endpoint"])
        assert listed.returncode == 0, listed.stderr
    finally:
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)
    assert process.returncode == 0, printed
