"""The worker contract on paper is the one that the worker keeps."""

import json
from pathlib import Path

import jsonschema
import pytest

from local_worker.commands import MalformedCommandError, parse_command
from local_worker.refusals import ErrorType
from local_worker.schemas import schema_texts
from saga_testing.worker_contract.clauses import CLAUSES
from tests.tools.worker.samples import create_command, delete_command

DOCS = Path(__file__).resolve().parents[3] / "docs"
SAMPLES = {"create_pod_command": create_command("ex-1"), "delete_pod_command": delete_command("ex-1")}


def test_the_schemas_in_the_documentation_are_the_generated_ones() -> None:
    written = {name: (DOCS / "schemas" / name).read_text() for name in schema_texts()}

    assert written == schema_texts()


@pytest.mark.parametrize("name", SAMPLES)
def test_schema_and_worker_agree_on_what_is_missing(name: str) -> None:
    schema = json.loads((DOCS / "schemas" / f"{name}.schema.json").read_text())
    jsonschema.validate(SAMPLES[name], schema)
    assert parse_command(SAMPLES[name]) is not None

    for field in schema["required"]:
        broken = {key: value for key, value in SAMPLES[name].items() if key != field}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)
        with pytest.raises(MalformedCommandError):
            parse_command(broken)


def test_the_contract_names_every_error_type() -> None:
    text = (DOCS / "worker-contract.md").read_text()

    assert [error.value for error in ErrorType if f"`{error.value}`" not in text] == []


def test_the_contract_names_the_clauses_that_the_kit_plays() -> None:
    text = (DOCS / "worker-contract.md").read_text(encoding="utf-8")
    table = text.partition("<!-- clauses -->")[2].partition("<!-- end clauses -->")[0]

    rows = [line for line in table.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert rows == [f"| {clause.number} | {clause.text} |" for clause in CLAUSES]
