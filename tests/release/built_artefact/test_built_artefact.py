"""What `sam build` makes is what runs: handlers invoked from the artefact alone, layers as Lambda lays them out."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.release.built_artefact.conftest import PYTHON, Build
from tests.release.template.deployment import EVENT_FUNCTIONS, FUNCTIONS, REGION, deploy

RUNNER = Path(__file__).parent / "run_like_lambda.py"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[dict[str, str]]:
    """An AWS with the template's tables, a bucket and a queue; yields what the environment must say of them."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    clients = {name: client(name, endpoint) for name in ("dynamodb", "s3", "sqs", "events")}
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    for name, resource in (("sagas", "SagaTable"), ("operator", "OperatorTable")):
        table = deploy().properties[resource]
        clients["dynamodb"].create_table(TableName=name, **{key: table[key] for key in wanted})
    clients["s3"].create_bucket(Bucket="payloads", CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = clients["sqs"].create_queue(QueueName="rejected")["QueueUrl"]
    clients["events"].create_event_bus(Name="bus")
    yield {
        "AWS_ENDPOINT_URL": endpoint,
        "SAGA_TABLE": "sagas",
        "PAYLOAD_BUCKET": "payloads",
        "REJECTED_QUEUE_URL": queue,
        "OPERATOR_TABLE": "operator",
        "EVENT_BUS_NAME": "bus",
    }
    server.stop()


def client(name: str, endpoint: str) -> Any:
    return boto3.client(
        name, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )


def invoke(build: Build, function: str, event: Any, resources: dict[str, str]) -> dict[str, Any]:
    variables = deploy().properties[function]["Environment"]["Variables"]
    path = [str(build.directory / function), *map(str, build.layers)]
    finished = subprocess.run(
        [sys.executable, "-I", "-S", RUNNER],
        input=json.dumps({"path": path, "event": event}),
        env={**variables, **resources, **CREDENTIALS, "AWS_LAMBDA_FUNCTION_NAME": function, "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    answer: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return answer


def eventbridge(detail_type: str, detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "11111111-2222-3333-4444-555555555555",
        "detail-type": detail_type,
        "source": "executions",
        "account": "123456789012",
        "time": "2026-01-01T00:00:00Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


@pytest.mark.parametrize(("event_type", "function"), EVENT_FUNCTIONS.items())
def test_an_event_function_runs_from_the_artefact_alone(
    own_build: Build, cloud: dict[str, str], event_type: str, function: str
) -> None:
    queue = client("sqs", cloud["AWS_ENDPOINT_URL"])

    answer = invoke(own_build, function, eventbridge(event_type, {"nothing": "of use"}), cloud)

    assert answer["result"] is None
    assert answer["foreign"] == []
    received = queue.receive_message(QueueUrl=cloud["REJECTED_QUEUE_URL"])["Messages"]
    pointer = json.loads(received[0]["Body"])
    queue.delete_message(QueueUrl=cloud["REJECTED_QUEUE_URL"], ReceiptHandle=received[0]["ReceiptHandle"])
    assert (pointer["source"], pointer["function"]) == ("eventbridge", function)


def test_a_request_becomes_a_saga_in_the_templates_table(own_build: Build, cloud: dict[str, str]) -> None:
    store = client("dynamodb", cloud["AWS_ENDPOINT_URL"])

    invoke(own_build, "ExecutionRequestedFunction", eventbridge("EXECUTION_REQUESTED", request("built-1")), cloud)

    item = store.get_item(
        TableName="sagas", Key={"execution_id": {"S": "built-1"}, "saga_name": {"S": "execution_saga"}}
    )["Item"]
    assert item["state"] == {"S": "running"}
    assert "create_pod#1" in item["outbox"]["S"]


def test_the_relay_runs_from_the_artefact_alone(own_build: Build, cloud: dict[str, str]) -> None:
    answer = invoke(own_build, "CommandRelayFunction", {"Records": []}, cloud)

    assert answer["result"] == {"batchItemFailures": []}
    assert answer["foreign"] == []


def test_the_timeout_checker_runs_from_the_artefact_alone(own_build: Build, cloud: dict[str, str]) -> None:
    answer = invoke(own_build, "TimeoutCheckerFunction", {}, cloud)

    assert answer["result"] == {"due": 0, "timed_out": 0, "unfinished": False}
    assert answer["foreign"] == []


def test_nothing_is_compiled_at_cold_start(own_build: Build, cloud: dict[str, str]) -> None:
    # Lambda's file system is read-only: what is not compiled here is compiled at every start.
    assert invoke(own_build, "CommandRelayFunction", {"Records": []}, cloud)["compiled"]
    sources = {path for layer in own_build.layers for path in layer.rglob("*.py")}
    compiled = [path for path in sources if list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))]
    assert len(compiled) == len(sources)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_functions_artefact_is_its_handler(own_build: Build, function: str) -> None:
    names = {path.name for path in (own_build.directory / function).iterdir()}

    assert names - {"__pycache__"} == {"handler.py"}


def test_the_layers_do_not_hide_each_other(own_build: Build) -> None:
    dependencies, code = ({path.name for path in layer.iterdir()} for layer in own_build.layers)

    assert code == {"saga_orchestrator", "sagas"}
    assert not dependencies & code


def test_the_layer_leaves_out_what_nobody_calls(own_build: Build) -> None:
    site = own_build.layers[0]
    services = {path.name for path in (site / "botocore" / "data").iterdir() if path.is_dir()}

    assert services == {"dynamodb", "events", "s3", "secretsmanager", "sqs", "sts"}
    assert not (site / "boto3").exists()
    size = sum(path.stat().st_size for layer in own_build.layers for path in layer.rglob("*") if path.is_file())
    assert size < 100_000_000  # Lambda's limit is 250 MB, unzipped


def test_the_default_build_is_for_python_3_13_on_arm_without_either(default_build: Build) -> None:
    natives = [path.name for path in default_build.layers[0].rglob("*.so") if "cpython" in path.name]

    assert natives
    assert all("cpython-313-aarch64" in name for name in natives)
    assert all((default_build.directory / function / "handler.py").exists() for function in FUNCTIONS)


def test_the_builds_say_what_they_are_for(own_build: Build) -> None:
    assert f"runtime: python{PYTHON}" in own_build.log


def request(execution_id: str) -> dict[str, Any]:
    return {
        "event_id": f"{execution_id}-requested",
        "event_type": "EXECUTION_REQUESTED",
        "event_version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(),
        "metadata": {
            "service_name": "tests",
            "service_version": "1",
            "correlation_id": execution_id,
            "user_id": "somebody",
        },
        "execution_id": execution_id,
        "script": "print('hello')",
        "language": "python",
        "language_version": "3.11",
        "runtime_image": "python:3.11-slim",
        "runtime_command": ["python"],
        "runtime_filename": "main.py",
        "timeout_seconds": 30,
        "cpu_limit": "1000m",
        "memory_limit": "128Mi",
        "cpu_request": "500m",
        "memory_request": "64Mi",
        "priority": "normal",
    }
