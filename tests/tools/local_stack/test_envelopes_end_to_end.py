"""The documented commands, as somebody types them after a fresh clone: a registry-fed stack, CloudEvents, the process
before. Each stack is a process of its own, and nobody runs pods on it: the samples say what pods do."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.local_stack.outside import SAGACTL, Client, LocalUp

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "envelopes.md"
Stack = tuple[LocalUp, Client]


def stack(folder: Path, *arguments: str) -> Iterator[Stack]:
    up = LocalUp(folder, "--worker", "none", *arguments)
    try:
        yield up, Client(up.ready())
    finally:
        up.kill()


@pytest.fixture(scope="module")
def fed_by_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    yield from stack(tmp_path_factory.mktemp("registry") / "up", "--schema-registry")


@pytest.fixture(scope="module")
def of_json(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """As docs/coming-from.md deploys it beside the process before, but for the commands, which are not published."""
    names = ("TopicLayout=shared", "AliasOfExecutionStarted=POD_RUNNING", "TopicOfExecutionStarted=pod_events")
    parameters = [word for name in names for word in ("--parameter", name)]
    yield from stack(tmp_path_factory.mktemp("json") / "up", *parameters)


def types(up: LocalUp, *arguments: str) -> Any:
    outcome = subprocess.run([SAGACTL, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert outcome.returncode == 0, f"{outcome.stderr}\n{outcome.stdout}\n{up.output[-2000:]}"
    return json.loads(outcome.stdout)


def sent(up: LocalUp, name: str) -> str:
    """What `$ID` was."""
    command = ("local", "send", f"docs/samples/{name}.jsonl")
    assert f"sagactl {' '.join(command)}" in DOCUMENT.read_text() + (ROOT / "docs" / "coming-from.md").read_text()
    facts = types(up, *command, "--ready-file", str(up.ready_file), "--output", "json")
    return str(facts[0]["id"])


def ends(running: Stack, execution_id: str, state: str) -> None:
    up, client = running
    up.wait_until(lambda: client.state(execution_id) == state)


@pytest.mark.parametrize("name", ["avro", "protobuf"])
def test_records_of_a_registry_run_a_saga_to_its_end(fed_by_registry: Stack, name: str) -> None:
    up, client = fed_by_registry

    ends(fed_by_registry, f"{name}-{sent(up, name)}", "completed")

    assert client.rejected() == 0


def test_what_lambda_cannot_decode_is_kept_beside_the_function(fed_by_registry: Stack) -> None:
    up, client = fed_by_registry

    client.over_kafka({"event_type": "EXECUTION_REQUESTED", "execution_id": "unframed"})

    endpoint = ("--endpoint-url", client.ready["aws_endpoint"], "--output", "json")
    (kept,) = up.wait_until(lambda: types(up, "rejected", "list", "--direct", *endpoint)["rejected"])
    assert (kept["kind"], kept["reason"]) == ("undelivered", "DESERIALIZATION_ERROR")


def test_cloudevents_on_topics_run_a_saga_to_its_end(of_json: Stack, tmp_path: Path) -> None:
    up, _ = of_json
    one_topic = tmp_path / "cloudevents.jsonl"
    text = (ROOT / "docs" / "samples" / "cloudevents.jsonl").read_text()
    for own in ("execution_requested", "execution_completed"):
        text = text.replace(f'"topic": "{own}"', '"topic": "execution_events"')
    one_topic.write_text(text.replace('"topic": "execution_started"', '"topic": "pod_events"'))

    facts = types(up, "local", "send", str(one_topic), "--ready-file", str(up.ready_file), "--output", "json")

    ends(of_json, f"cloudevent-{facts[0]['id']}", "completed")


@pytest.mark.parametrize("envelope", ["cloudevent-structured", "cloudevent-binary"])
def test_a_request_may_be_a_cloudevent_on_the_bus(of_json: Stack, envelope: str) -> None:
    up, client = of_json
    assert f"sagactl request --example --as {envelope}" in DOCUMENT.read_text()

    facts = types(
        up,
        *("request", "--example", "--as", envelope, "--no-wait"),
        *("--endpoint-url", client.ready["aws_endpoint"], "--output", "json"),
    )

    ends(of_json, facts["execution_id"], "running")


def test_the_process_before_is_understood_at_its_newest_release(of_json: Stack) -> None:
    up, client = of_json

    identifier = sent(up, "previous-json")

    ends(of_json, f"previous-json-done-{identifier}", "completed")
    ends(of_json, f"previous-json-failed-{identifier}", "failed")
    ends(of_json, f"previous-json-cancelled-{identifier}", "cancelled")
    assert client.rejected() == 0
