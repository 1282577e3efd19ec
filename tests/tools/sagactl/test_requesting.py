"""`sagactl request`: what is not sent and why, what is told while it runs, and the answer with its exit code."""

import io
import json
import re
import threading
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from saga_orchestrator.domain.executions.request_rules import RULES
from saga_orchestrator.domain.saga import Saga
from saga_testing.deployment import Deployment
from saga_testing.samples.sample_events import event
from sagactl.app import app
from sagactl.deployment import Deployment as Stack
from sagactl.errors import NotDoneError, NotFoundError, NotUsableError
from sagactl.requesting.checked import EXAMPLE, checked, read
from sagactl.requesting.following import Followed
from sagactl.table.sagas import readable
from tests.tools.local_stack.outside import event as happening_now
from tests.tools.sagactl.conftest import Operator

DOCUMENT = Path(__file__).parents[3] / "docs" / "operations.md"


def followed(deployment: Deployment, execution_id: str = "ex-1", event_id: str = "evt-x") -> tuple[Followed, list[str]]:
    connection: Any = SimpleNamespace(client=lambda _service: deployment.aws.dynamodb, is_local=True)
    told: list[str] = []
    stack = Stack("sagas", {"TableName": "sagas", "OperatorTableName": "operator"}, connection)
    return Followed(stack, execution_id, event_id, told.append), told


@pytest.fixture(autouse=True)
def _read_by_scan(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The table in memory answers no PynamoDB; a stack does."""
    if "operator" in request.fixturenames:
        return

    def sagas_of(stack: Stack, execution_id: str) -> list[Saga]:
        found = [saga for saga in readable(stack, []) if saga.execution_id == execution_id]
        if not found:
            raise NotFoundError(execution_id)
        return found

    monkeypatch.setattr("sagactl.requesting.following.sagas_of", sagas_of)


# -- before it is sent


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"language": "Python"}, f"language {RULES['language']}"),
        ({"memory_limit": "128K", "priority": "urgent"}, f"memory_limit {RULES['memory_limit']}"),
        ({"cpu_request": "2"}, "cpu_request must not be more than cpu_limit"),
        ({"script": None}, f"script is missing: it {RULES['script']}"),
        ({"execution_id": "a b"}, "execution_id"),
        ({"event_version": "2.0"}, "only event_version 1.0 is understood"),
        ({"event_type": "EXECUTION_STARTED"}, "not EXECUTION_STARTED"),
        ({"event_type": "SOMETHING"}, "event_type must be EXECUTION_REQUESTED"),
    ],
)
def test_what_the_functions_would_refuse_is_not_sent(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(NotUsableError) as refused:
        checked({**EXAMPLE, **fields})
    assert said in str(refused.value)


def test_the_sentences_are_those_that_the_sender_would_be_answered() -> None:
    fields: dict[str, Any] = {"language": "Python", "timeout_seconds": 0}
    deployment = Deployment()
    deployment.deliver(event("EXECUTION_REQUESTED", **fields))
    watched, _ = followed(deployment)
    watched.until_end(0)
    (outcome,) = watched.outcomes()
    with pytest.raises(NotUsableError) as refused:
        checked({**EXAMPLE, **fields})
    assert str(refused.value) == f"nothing was sent: {'; '.join(outcome['invalid'])}"
    assert len(outcome["invalid"]) == 2


def test_what_is_left_out_of_an_event_is_told_and_what_an_envelope_lacks_is_filled_in() -> None:
    ready = checked({**EXAMPLE, "aggregate_id": 7}, "mine")
    assert ready.unusable == ("aggregate_id",)
    assert ready.execution_id == "mine"
    assert checked(EXAMPLE).execution_id != checked(EXAMPLE).execution_id
    given = event("EXECUTION_REQUESTED", "theirs")
    assert checked(given).event == given


def test_a_bucket_is_for_the_stack_to_judge() -> None:
    reference = {"bucket": "scripts", "key": "k", "size": 1, "sha256": "0" * 64}
    assert checked({**EXAMPLE, "script": None, "script_ref": reference}).unusable == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "not JSON"), (b"[]", "no JSON object"), (b"\xff", "not UTF-8"), (b'{"a": 1, "a": 2}', "same key twice")],
)
def test_what_is_no_object_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "request.json").write_bytes(content)
    with pytest.raises(NotUsableError, match=said):
        read(str(tmp_path / "request.json"), example=False)


@pytest.mark.parametrize("file", ["/nonexistent", "/", "a\0b", "x" * 5000])
def test_a_file_that_cannot_be_read_is_one_line(file: str) -> None:
    with pytest.raises(NotUsableError, match="cannot be read"):
        read(file, example=False)


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'{"language": "r"}')))
    assert read("-", example=False) == {"language": "r"}


@pytest.mark.parametrize("arguments", [(), ("request.json", "--example")])
def test_either_a_file_or_the_example(arguments: tuple[str, ...]) -> None:
    outcome = CliRunner().invoke(app, ["request", *arguments])
    assert outcome.exit_code == 2
    assert "either a FILE" in outcome.stderr


# -- while it runs


def test_each_change_is_told_once_and_the_answer_is_the_outcome() -> None:
    deployment = Deployment()
    watched, told = followed(deployment)
    watched.until_end(0)
    assert (told, watched.ended) == ([], False)
    deployment.deliver(event("EXECUTION_REQUESTED"))
    watched.until_end(0)
    watched.until_end(0)
    deployment.deliver(event("EXECUTION_STARTED"))
    watched.until_end(0)
    deployment.deliver(event("EXECUTION_FAILED", exit_code=3, error_type="ScriptError"))
    watched.until_end(0)
    assert [re.sub(r"^\S+ ", "", line) for line in told] == [
        "execution_saga: requested, running; emitted saga_started#1, create_pod#1",
        "execution_saga: started, running",
        "execution_saga: failed, failed; emitted delete_pod#1, saga_failed#1",
    ]
    (outcome,) = watched.outcomes()
    answer = {name: outcome[name] for name in ("state", "exit_code", "error_type", "message", "pod_name")}
    assert answer == {
        "state": "failed",
        "exit_code": 3,
        "error_type": "ScriptError",
        "message": "SAGA_FAILED",
        "pod_name": "pod-1",
    }
    assert (watched.ended, watched.completed) == (True, False)


def test_a_rejected_request_ends_the_wait_and_another_ones_rejection_does_not() -> None:
    deployment = Deployment()
    reference = {"bucket": "not-allowed", "key": "k", "size": 1, "sha256": "0" * 64}
    rejected = event("EXECUTION_REQUESTED", script=None, script_ref=reference)
    deployment.deliver(rejected)
    with pytest.raises(NotDoneError, match=r"ex-1 was rejected: script_bucket_not_allowed: .*sagactl rejected show"):
        followed(deployment, event_id=rejected["event_id"])[0].until_end(0)
    other, told = followed(deployment)
    other.until_end(0)
    assert told == []


def test_a_throttle_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = Deployment()
    watched, told = followed(deployment)

    def throttled(*_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "Query")

    with monkeypatch.context() as patched:
        patched.setattr("sagactl.requesting.following.sagas_of", throttled)
        watched.until_end(0)
        watched.until_end(0)
    assert told == ["Query was refused: ThrottlingException: slower; still watching"]
    deployment.deliver(event("EXECUTION_REQUESTED", script=""))
    watched.until_end(0)
    assert watched.ended


# -- on a stack


class Pod(threading.Thread):
    """What a worker would report as soon as the execution runs."""

    def __init__(self, operator: Operator, execution_id: str, *events: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self._operator, self._execution_id, self._events = operator, execution_id, events

    def run(self) -> None:
        self._operator.is_in(self._execution_id, "running")
        for each in self._events:
            self._operator.client.over_eventbridge(each)


def test_an_example_is_sent_followed_and_answered(operator: Operator) -> None:
    one = f"asked-{uuid.uuid4().hex}"
    Pod(operator, one, happening_now("EXECUTION_STARTED", one), happening_now("EXECUTION_COMPLETED", one)).start()
    outcome = operator.types("request", "--example", "--execution-id", one, "--output", "json", "--timeout", "60")
    assert outcome.exit_code == 0, outcome.output
    answer = json.loads(outcome.stdout)
    (saga,) = [each for each in answer["sagas"] if each["saga_name"] == "execution_saga"]
    assert (answer["ended"], saga["state"], saga["exit_code"], saga["message"]) == (
        True,
        "completed",
        0,
        "SAGA_COMPLETED",
    )
    first, *changes = outcome.stderr.splitlines()
    assert first == f"sagactl: {one} sent to stack saga-orchestrator ({operator.ready['aws_endpoint']})"
    # The two events are two functions' work: either may come first.
    assert any("completed; emitted saga_completed#1" in line for line in changes)
    again = operator.types("request", "--example", "--execution-id", one)
    assert again.exit_code == 2
    assert "is known already (completed): a new try needs a new id" in again.stderr


def test_what_ends_otherwise_has_another_exit_code(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(json.dumps({**EXAMPLE, "script": ""}))
    outcome = operator.types("request", "request.json", "--timeout", "60")
    assert outcome.exit_code == 1, outcome.output
    assert "script_empty" in outcome.stdout
    assert "SAGA_FAILED" in outcome.stdout


def test_what_does_not_end_in_time_goes_on(operator: Operator) -> None:
    one = f"slow-{uuid.uuid4().hex}"
    outcome = operator.types("request", "--example", "--execution-id", one, "--timeout", "0.1")
    assert outcome.exit_code == 3, outcome.output
    assert f"not ended within 0.1 s; `sagactl show {one}`" in outcome.stderr
    operator.is_in(one, "running")


def test_it_need_not_be_waited_for(operator: Operator) -> None:
    one = f"sent-{uuid.uuid4().hex}"
    answer = operator.gets("request", "--example", "--execution-id", one, "--no-wait")
    assert (answer["execution_id"], answer["ended"], answer["sagas"]) == (one, None, [])
    operator.is_in(one, "running")


# -- in the documents


def test_the_event_and_its_answer_in_the_documents_are_what_there_is() -> None:
    section = DOCUMENT.read_text().split("## Send one execution\n")[1].split("\n## ")[0]
    request, answer = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL))
    ready, deployment = checked(request), Deployment()
    assert (ready.event, ready.unusable) == (request, ())
    del request["timestamp"]  # the day when it was written
    deployment.deliver({**event("EXECUTION_REQUESTED"), **request})
    deployment.deliver(event("EXECUTION_COMPLETED", request["execution_id"], event_id=answer["causation_id"]))
    assert deployment.relay_stream()
    (told,) = [each for each in deployment.published if each["message_type"] == "SAGA_COMPLETED"]
    assert {**told, "timestamp": answer["timestamp"]} == answer
