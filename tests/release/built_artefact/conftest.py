"""One build for the machine's own Python, made by `sam build` as a deployment would make it."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]


@dataclass(frozen=True)
class Build:
    directory: Path
    log: str

    @property
    def layers(self) -> list[Path]:
        return [self.directory / "DependencyLayer" / "python", self.directory / "CodeLayer" / "python"]


def sam_build(target: Path, *, environment: dict[str, str], overrides: tuple[str, ...] = ()) -> Build:
    if not SAM.exists():
        pytest.fail("the SAM command line is missing: run `make .venv-sam/installed`", pytrace=False)
    command = [str(SAM), "build", "--region", "us-east-1", "--template-file", str(ROOT / "template.yaml")]
    command += ["--build-dir", str(target / "build"), "--cache-dir", str(target / "cache")]
    command += ["--parameter-overrides", *overrides] if overrides else []
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"])
    inherited = {name: os.environ[name] for name in os.environ if name not in {"PATH", "VIRTUAL_ENV", "PYTHONPATH"}}
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env={**inherited, "PATH": path, "SAM_CLI_TELEMETRY": "0", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return Build(target / "build", finished.stdout + finished.stderr)


@pytest.fixture(scope="session")
def own_build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    machine = "x86_64" if ARCHITECTURE == "x86_64" else "aarch64"
    return sam_build(
        tmp_path_factory.mktemp("own"),
        environment={"LAYER_PYTHON": PYTHON, "LAYER_PLATFORM": f"{machine}-manylinux_2_28"},
        overrides=(f"Runtime=python{PYTHON}", f"Architecture={ARCHITECTURE}"),
    )


@pytest.fixture(scope="session")
def default_build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return sam_build(tmp_path_factory.mktemp("default"), environment={})
