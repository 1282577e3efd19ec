"""What `make build` made for one Python and one processor cannot be deployed for another."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.release.template.deployment import ROOT, deploy


def pinned(folder: Path, **variables: str) -> dict[str, Any]:
    built = folder / "template.yaml"
    built.write_text(_as_sam_writes_it(), encoding="utf-8")
    given = [f"{name}={value}" for name, value in variables.items()]
    subprocess.run(["make", "pin", f"BUILT={built}", *given], cwd=ROOT, check=True, capture_output=True)
    parameters: dict[str, Any] = yaml_parse(built.read_text(encoding="utf-8"))["Parameters"]
    return parameters


def _as_sam_writes_it() -> str:
    """Its dump: two spaces a level, and a list's items as deep as its name."""
    lines = ["Parameters:"]
    for name, declared in deploy().expanded.template["Parameters"].items():
        lines += [f"  {name}:", f"    Type: {declared['Type']}", f"    Default: {declared['Default']!r}"]
        if "AllowedValues" in declared:
            lines += ["    AllowedValues:", *(_item(value) for value in declared["AllowedValues"])]
    return "\n".join(lines) + "\n"


def _item(value: object) -> str:
    return f"    - {value!r}" if value in {"true", "false"} else f"    - {value}"


@pytest.mark.parametrize("python", ["3.11", "3.13", "3.14"])
def test_layers_of_one_python_are_deployed_with_no_other(tmp_path: Path, python: str) -> None:
    runtime = pinned(tmp_path, LAYER_PYTHON=python)["Runtime"]

    assert runtime["Default"] == f"python{python}"
    assert runtime["AllowedValues"] == [f"python{python}"]


@pytest.mark.parametrize(("platform", "architecture"), [("aarch64", "arm64"), ("x86_64", "x86_64")])
def test_layers_of_one_processor_are_deployed_on_no_other(tmp_path: Path, platform: str, architecture: str) -> None:
    declared = pinned(tmp_path, LAYER_PLATFORM=f"{platform}-manylinux_2_28")["Architecture"]

    assert declared["Default"] == architecture
    assert declared["AllowedValues"] == [architecture]


def test_no_other_parameter_is_touched(tmp_path: Path) -> None:
    parameters = pinned(tmp_path)

    for name, declared in deploy().expanded.template["Parameters"].items():
        if name not in {"Runtime", "Architecture"}:
            assert parameters[name].get("AllowedValues") == declared.get("AllowedValues"), name
            assert parameters[name]["Default"] == declared["Default"], name


def test_a_build_without_the_target_python_says_what_it_costs() -> None:
    made = subprocess.run(
        ["make", "-n", "build", "LAYER_PYTHON=3.99"], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert "WARNING: there is no python3.99 here" in made.stdout
    assert "every cold start compiles" in made.stdout
