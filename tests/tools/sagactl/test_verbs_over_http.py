"""The verbs without `--direct`: signed requests to the function, through a front that checks the signatures."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.credentials import Credentials

from local_stack.aws import InvokeReply
from local_stack.http_front import DeclaredApi, HttpFront
from local_stack.http_front.declared import Route
from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.operating.acts import Door
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.http_api.function import HttpApi
from saga_orchestrator.entrypoints.http_api.routes import ROUTES
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import HttpDoor
from saga_testing.lambda_context import Context
from saga_testing.samples.parked_orders import stuck_order
from saga_testing.telemetry import RecordingTelemetry
from sagactl.deployment import Deployment as Stack
from tests.tools.sagactl.typist import Typist

LOCAL_ROLES = "role/local-reader:reader,role/local-operator:operator,role/local-admin:admin"


@dataclass
class Counter(Typist):
    """A stack in memory with an API in front of it, and whoever types commands against it."""

    deployment: Deployment = field(
        default_factory=lambda: Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry())
    )
    front: HttpFront = field(default_factory=HttpFront)
    key: str = "operator"
    secret: str = "local"
    outputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api = HttpApi(HttpDoor(self.deployment.at, roles=LOCAL_ROLES).api)
        self.url = self.front.listen()
        self.outputs["ApiUrl"] = self.url
        routes = [Route(key, "api", signed=True) for key in ROUTES if ROUTES[key].door is Door.IAM]
        self.front.serve(DeclaredApi(routes=routes), self, "us-east-1")

    def reply(self, _function: str, payload: bytes, _invocation_type: str) -> InvokeReply:
        return InvokeReply(200, json.dumps(self.api.run(json.loads(payload), Context())).encode())

    @property
    def stack(self) -> Stack:
        connection: Any = SimpleNamespace(
            is_local=True, place="here", region="us-east-1", credentials=Credentials(self.key, self.secret)
        )
        return Stack("sagas", self.outputs, connection)

    def put(self, *sagas: Saga) -> Saga:
        for saga in sagas:
            self.deployment.aws.dynamodb.put_item(TableName="sagas", Item=encode(saga))
        return sagas[0]

    @property
    def acts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.deployment.aws.dynamodb.scan(TableName="operator")["Items"]
        return found

    def told(self, *words: str) -> tuple[int, str]:
        outcome = self.types(*words)
        return outcome.exit_code, outcome.stderr.splitlines()[-1].removeprefix("sagactl: ")


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    counter = Counter()
    monkeypatch.setattr("sagactl.commands.verbs.deployment", lambda _target: counter.stack)
    yield counter
    counter.front.close()


def test_a_verb_is_done_by_whoever_signed(counter: Counter) -> None:
    before = counter.put(stuck_order())
    answer = counter.gets("retry", "o-1", "--key", "k-1", "--if-match", str(before.version))

    assert answer == {
        "execution_id": "o-1",
        "saga_name": "order_saga",
        "verb": "retry",
        "answered": "done",
        "state": "running",
        "version": before.version + 1,
        "actor": "role/local-operator/operator",
        "key": "k-1",
    }
    (act,) = counter.acts
    assert (act["door"]["S"], act["role"]["S"], act["actor"]["S"]) == (
        "iam",
        "operator",
        "role/local-operator/operator",
    )
    again = counter.gets("retry", "o-1", "--key", "k-1", "--if-match", str(before.version))
    assert (again["answered"], again["version"]) == ("replayed", before.version + 1)
    assert len(counter.acts) == 1


def test_every_verb_has_its_way(counter: Counter) -> None:
    counter.key = "admin"
    orders = [replace(stuck_order(), execution_id=f"o-{number}") for number in range(3)]
    counter.put(*orders)
    version = str(orders[0].version)

    assert counter.gets("note", "order_saga:o-0", "I have it")["answered"] == "done"
    assert counter.gets("resolve", "o-0", "--if-match", version, "--reason", "by hand")["state"] == "completed"
    code, line = counter.told("skip", "o-1", "--if-match", version, "--reason", "no")
    assert (code, line.split(":")[0]) == (1, "a_pivot_cannot_be_skipped")
    code, line = counter.told("undo", "o-2", "--if-match", version, "--reason", "no")
    assert (code, line.split(":")[0]) == (1, "unanswered")
    assert len(counter.acts) == 2


def test_each_refusal_says_what_to_do(counter: Counter) -> None:
    saga = counter.put(stuck_order(), replace(stuck_order(), execution_id="twice"))
    counter.put(replace(stuck_order(), execution_id="twice", saga_name="other_saga"))
    version = str(saga.version)

    assert counter.told("retry", "o-9")[0] == 1
    assert "nothing of that name" in counter.told("retry", "order_saga:o-9")[1]
    assert "nothing of that name" in counter.told("retry", "order_saga:../../me")[1]
    code, line = counter.told("retry", "twice")
    assert (code, line) == (2, "twice has several sagas; name one: order_saga:twice, other_saga:twice")
    assert counter.told("resolve", "o-1", "--if-match", "1", "--reason", "x") == (
        1,
        "changed: The saga is not as it was when you decided: look at it again.",
    )
    assert counter.told("skip", "o-1", "--if-match", version, "--reason", "x")[0] == 2  # not an operator's
    assert "an idempotency key has" in counter.told("retry", "o-1", "--key", "a b")[1]
    assert "--direct alone" in counter.told("retry", "o-1", "--as", "olga")[1]
    assert "choose one" in counter.told("retry", "o-1", "--direct", "--api", counter.url)[1]
    assert "a URL is wanted" in counter.told("retry", "o-1", "--api", "elsewhere")[1]
    assert counter.acts == []


@pytest.mark.parametrize(("key", "secret"), [("operator", "guessed"), ("unheard-of", "local"), ("nobody", "local")])
def test_whoever_is_not_let_in_is_told_what_would(counter: Counter, key: str, secret: str) -> None:
    counter.put(stuck_order())
    counter.key, counter.secret = key, secret

    code, line = counter.told("retry", "o-1")

    assert code == 2
    assert "ApiCallerPolicyArn" in line
    assert counter.acts == []


def test_an_api_may_be_named(counter: Counter) -> None:
    counter.put(stuck_order())
    del counter.outputs["ApiUrl"]

    assert counter.told("retry", "o-1")[1].startswith("stack sagas has no HTTP API")
    assert counter.gets("retry", "o-1", "--api", f"{counter.url}/")["answered"] == "done"


def test_an_api_that_does_not_answer_is_one_line(counter: Counter) -> None:
    counter.put(stuck_order())
    counter.front.close()

    code, line = counter.told("retry", "o-1")

    assert code == 2
    assert "connect" in line.lower()


def test_whoever_got_no_answer_is_told_the_key(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Done, and the answer lost on its way: the same again with that key does nothing more."""
    counter.put(stuck_order())
    answered = Counter.reply

    def lost(own: Counter, function: str, payload: bytes, kind: str) -> InvokeReply:
        reply = answered(own, function, payload, kind)
        return InvokeReply(503) if json.loads(payload)["routeKey"].startswith("POST") else reply

    monkeypatch.setattr(Counter, "reply", lost)
    code, line = counter.told("retry", "o-1")
    found = re.search(r"the same again with --key ([0-9a-f]{32}) is safe", line)
    assert (code, found is not None) == (1, True), line
    assert found is not None
    assert len(counter.acts) == 1

    monkeypatch.setattr(Counter, "reply", answered)
    assert counter.gets("retry", "o-1", "--key", found[1])["answered"] == "replayed"
    assert len(counter.acts) == 1


def test_what_is_no_answer_of_the_api_is_not_taken_for_one(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    counter.put(stuck_order())
    for status, body, told in (
        (500, b"<html>", 1),
        (503, b'{"message":"Service Unavailable"}', 1),
        (200, b"<html>", 1),
        (200, b"[]", 1),
    ):
        answer = json.dumps({"statusCode": status, "body": body.decode()}).encode()
        monkeypatch.setattr(counter, "reply", lambda *_asked, answer=answer: InvokeReply(200, answer))
        code, line = counter.told("retry", "o-1", "--key", "k-1")
        assert (code, line.isprintable()) == (told, True)
        assert counter.acts == []
