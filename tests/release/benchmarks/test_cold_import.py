"""Importing a handler in a fresh process, against the least that any handler with DynamoDB and pydantic imports."""

import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.release.benchmarks.report import Report

LIMIT, ROUNDS = 1.3, 9
FUNCTIONS = Path(__file__).parents[3] / "functions"
MEASURED = "import time; start = time.process_time()\n{}\nprint(time.process_time() - start)"
CLIENT = "botocore.session.get_session().create_client('dynamodb', region_name='us-east-1')"
LEAST = f"import botocore.session, pydantic\nclass Model(pydantic.BaseModel):\n    field: int\n{CLIENT}"
FIRST_CLIENT = "from sagas import SAGAS; from saga_orchestrator.bootstrap import resources; resources(SAGAS).store"
ENVIRONMENT = {
    "SAGA_TABLE": "sagas",
    "PAYLOAD_BUCKET": "payloads",
    "REJECTED_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/rejected",
    "OPERATOR_TABLE": "operator",
}


def cpu_seconds(code: str, folder: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(code)], cwd=folder, capture_output=True, text=True, check=True
    )
    return float(done.stdout.splitlines()[-1])


@pytest.mark.timing
@pytest.mark.parametrize("name", ["execution_requested", "timeout_checker", "command_relay"])
def test_cold_import(monkeypatch: pytest.MonkeyPatch, report: Report, name: str) -> None:
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    folder = FUNCTIONS / name
    ready = f"import handler\n{FIRST_CLIENT}"
    for code in (LEAST, ready):
        cpu_seconds(code, folder)  # byte code is compiled once, as it is in the layer

    imports, readies, leasts = [], [], []
    for _ in range(ROUNDS):
        leasts.append(cpu_seconds(LEAST, folder))
        imports.append(cpu_seconds("import handler", folder) / leasts[-1])
        readies.append(cpu_seconds(ready, folder) / leasts[-1])

    report.state(
        f"cold import: {name}, with settings and client", statistics.median(readies), "beyond what the target compares"
    )
    least = f"the least is {statistics.median(leasts) * 1e3:.0f} ms"
    assert report.at_most(f"cold import: {name}", LIMIT, statistics.median(imports), least)
