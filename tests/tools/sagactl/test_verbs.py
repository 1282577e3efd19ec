"""`sagactl retry | resolve | skip | undo | note`: what is typed, what is told, and the alarm that rings before."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.terms import Answer, Kept
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_testing.aws.account import SimulatedAws
from saga_testing.faults import Fault
from saga_testing.samples.parked_orders import stuck_order
from saga_testing.samples.sample_events import NOW_MS
from saga_testing.wire import Wire
from sagactl.deployment import Deployment as Stack
from sagactl.errors import NotFoundError
from sagas.order import ORDER
from tests.tools.sagactl.typist import Typist

OUTPUTS = {
    "TableName": "sagas",
    "OperatorTableName": "operator",
    "StartDeadlineSeconds": "300",
    "RunGraceSeconds": "180",
    "RequestMaxAgeSeconds": "86400",
    "RetentionDays": "30",
    "DeadlineShards": "8",
}


@dataclass
class Desk(Typist):
    """A stack in memory, and whoever types commands against it."""

    aws: Any = field(default_factory=lambda: SimulatedAws(lambda: NOW_MS))
    rung: list[dict[str, Any]] = field(default_factory=list)
    refusal: Exception | None = None
    wire: Wire = field(default_factory=Wire)

    def put_metric_data(self, **arguments: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.wire.calls.append("put_metric_data")
        self.rung.append(arguments)

    def client(self, service: str) -> Any:
        return {"dynamodb": self.wire.client(self.aws.dynamodb), "cloudwatch": self}[service]

    @property
    def stack(self) -> Stack:
        connection: Any = SimpleNamespace(client=self.client, is_local=True, place="here")
        return Stack("sagas", OUTPUTS, connection)

    def put(self, saga: Saga) -> Saga:
        self.aws.dynamodb.put_item(TableName="sagas", Item=encode(saga))
        return saga

    def sagas_of(self, _stack: Stack, execution_id: str) -> list[Saga]:
        """PynamoDB, which reads them elsewhere, wants a client of botocore's."""
        items = self.aws.dynamodb.scan(TableName="sagas")["Items"]
        found = [decode(item) for item in items if item["execution_id"]["S"] == execution_id]
        if not found:
            raise NotFoundError(f"no saga for execution {execution_id}")
        return found

    @property
    def saga(self) -> Saga:
        key = {"execution_id": {"S": "o-1"}, "saga_name": {"S": "order_saga"}}
        return decode(self.aws.dynamodb.get_item(TableName="sagas", Key=key)["Item"])

    @property
    def acts(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.aws.dynamodb.scan(TableName="operator")["Items"]
        return items


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    for command in ("verbs", "acts", "show"):
        monkeypatch.setattr(f"sagactl.commands.{command}.deployment", lambda _target: desk.stack)
    monkeypatch.setattr("sagactl.commands.verbs.SAGAS", SagaRegistry((ORDER,)))
    monkeypatch.setattr("sagactl.commands.show.relay_lag", lambda _stack: None)
    for command in ("verbs", "show"):
        monkeypatch.setattr(f"sagactl.commands.{command}.sagas_of", desk.sagas_of)
    return desk


def decided(saga: Saga, *more: str) -> tuple[str, ...]:
    return ("--if-match", str(saga.version), "--reason", "seen to", "--as", "olga", *more, "--direct")


def test_a_parked_step_is_retried(desk: Desk) -> None:
    before = desk.put(stuck_order())
    answer = desk.gets("retry", "o-1", "ship", "--direct", "--as", "olga", "--key", "k-1")

    assert answer == {
        "execution_id": "o-1",
        "saga_name": "order_saga",
        "verb": "retry",
        "answered": "done",
        "state": "running",
        "version": before.version + 1,
        "actor": "olga",
        "key": "k-1",
    }
    assert desk.saga.ledger.parked == ()
    (act,) = desk.acts
    assert {name: act[name]["S"] for name in ("pk", "sk", "door", "role", "actor")} == {
        "pk": "act#saga:order_saga:o-1",
        "sk": "olga#k-1",
        "door": "direct",
        "role": "break_glass",
        "actor": "olga",
    }
    again = desk.types("retry", "o-1", "ship", "--direct", "--as", "olga", "--key", "k-1")
    assert "retry done, as it was before; running, version" in again.stdout
    assert len(desk.acts) == 1


@pytest.mark.parametrize(("verb", "state"), [("resolve", "completed"), ("undo", "compensating")])
def test_what_cannot_be_taken_back_needs_a_version_and_a_reason(desk: Desk, verb: str, state: str) -> None:
    saga = desk.put(stuck_order(Answer.FAILED, Answer.FAILED, Answer.FAILED))
    for missing in (("--reason", "x"), ("--if-match", "1")):
        assert desk.types(verb, "o-1", *missing, "--direct").exit_code == 2
    assert (desk.saga, desk.acts) == (saga, [])

    assert desk.gets(verb, "order_saga:o-1", *decided(saga))["state"] == state


def test_a_skipped_undo_is_told(desk: Desk) -> None:
    saga = desk.put(stuck_order())
    outcome = desk.types("skip", "o-1", *decided(saga))
    assert outcome.exit_code == 1
    assert outcome.stderr.splitlines()[-1].startswith("sagactl: a_pivot_cannot_be_skipped: ")


def keeping() -> SagaDefinition:
    """Shipping tells where the parcel is."""
    ship = replace(ORDER.steps[-1], keeps={"parcel": Kept(str)})
    return replace(ORDER, steps=(*ORDER.steps[:-1], ship))


def test_each_refusal_says_what_to_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    saga = desk.put(stuck_order())

    def told(*words: str) -> str:
        outcome = desk.types(*words)
        assert outcome.exit_code in {1, 2}, outcome.output
        assert outcome.stdout == ""
        return outcome.stderr.splitlines()[-1].removeprefix("sagactl: ")

    assert told("retry", "o-1").startswith("stack sagas has no HTTP API: deploy it with Api=iam; in an emergency")
    assert told("retry", "o-2", "--direct").startswith("no saga for execution o-2")
    assert told("retry", "order_saga:o-2", "--direct") == "no saga order_saga for execution o-2"
    assert told("retry", "o-1", "reserve_stock", "--direct").startswith("not_parked: ")
    assert told("undo", "o-1", *decided(saga)).startswith("unanswered: an attempt has not answered")
    old = replace(saga, version=saga.version - 1)
    assert told("resolve", "o-1", *decided(old)).startswith(f"its version is {saga.version}, not {old.version}: ")
    assert told("note", "o-1", "x" * 201, "--direct") == "a reason has at most 200 bytes"
    assert told("note", "o-1", " ", "--direct") == "a reason is needed"
    assert told("retry", "o-1", "--direct", "--key", "a b").startswith("an idempotency key has ")
    desk.gets("note", "o-1", "mine", "--direct", "--key", "k", "--as", "olga")
    assert told("note", "o-1", "yours", "--direct", "--key", "k", "--as", "olga").startswith("the key stands for")
    monkeypatch.setattr("sagactl.commands.verbs.SAGAS", SagaRegistry((keeping(),)))
    assert told("resolve", "o-1", *decided(saga)).startswith("definition_changed: nothing was changed; run")
    desk.put(replace(saga, definition_hash=keeping().fingerprint))
    assert told("resolve", "o-1", *decided(saga)).startswith("data_needed: a later step reads")
    desk.put(saga)
    monkeypatch.setattr("sagactl.commands.verbs.SAGAS", SagaRegistry(()))
    assert told("retry", "o-1", "--direct").startswith("unknown_definition: nothing was changed; run")
    desk.put(replace(saga, saga_name="other_saga"))
    assert told("retry", "o-1", "--direct").endswith("name one: order_saga:o-1, other_saga:o-1")
    assert desk.saga == saga


def test_the_alarm_rings_before_anything_is_done(desk: Desk) -> None:
    desk.put(stuck_order())
    desk.gets("retry", "o-1", "--direct")
    assert desk.wire.calls.index("put_metric_data") < desk.wire.calls.index("transact_write_items")
    desk.types("retry", "o-1", "--direct")  # a try that is refused is one too

    assert [each["Namespace"] for each in desk.rung] == ["SagaOrchestrator"] * 2
    (metric,) = desk.rung[0]["MetricData"]
    assert (metric["MetricName"], metric["Value"]) == ("BreakGlassUsed", 1.0)
    assert metric["Dimensions"] == [{"Name": "service", "Value": "sagas"}]


def test_whoever_may_not_ring_the_alarm_does_nothing(desk: Desk) -> None:
    saga = desk.put(stuck_order())
    desk.refusal = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutMetricData")
    outcome = desk.types("retry", "o-1", "--direct")

    assert (outcome.exit_code, desk.saga, desk.acts) == (2, saga, [])
    assert outcome.stderr.splitlines()[-1] == "sagactl: PutMetricData was refused: AccessDenied: no"


@pytest.mark.parametrize(
    "trouble",
    [
        EndpointConnectionError(endpoint_url="https://monitoring"),
        ClientError({"Error": {"Code": "InternalServiceFault", "Message": "no"}}, "PutMetricData"),
    ],
)
def test_an_alarm_that_cannot_ring_keeps_nobody_from_repairing(desk: Desk, trouble: Exception) -> None:
    desk.put(stuck_order())
    desk.refusal = trouble
    outcome = desk.types("retry", "o-1", "--direct")

    assert outcome.exit_code == 0
    assert "the alarm could not be rung" in outcome.stderr
    assert len(desk.acts) == 1


def test_whoever_gets_no_answer_is_told_the_key(desk: Desk) -> None:
    """Applied, and the answer lost: the same again with the key that is told changes nothing more."""
    saga = desk.put(stuck_order())
    desk.wire.plan = {3: Fault.REPLY_LOST}  # alarm, saga, act, then the write
    outcome = desk.types("resolve", "order_saga:o-1", *decided(saga))

    assert outcome.exit_code == 1
    said = outcome.stderr.splitlines()[-1]
    key = said.partition("--key ")[2].split()[0]
    done = desk.saga
    assert done.state == "completed"
    assert desk.gets("resolve", "order_saga:o-1", *decided(saga, "--key", key))["answered"] == "replayed"
    assert (desk.saga, len(desk.acts)) == (done, 1)


def test_acts_are_seen_with_their_saga_and_by_time(desk: Desk) -> None:
    saga = desk.put(stuck_order())
    desk.gets("note", "o-1", "I have it", "--direct", "--as", "olga")
    desk.gets("retry", "o-1", "--direct", "--as", "otto")

    (shown,) = desk.gets("show", "o-1")
    assert [(act["verb"], act["actor"], act["reason"], act["verified"]) for act in shown["acts"]] == [
        ("note", "olga", "I have it", False),
        ("retry", "otto", "", False),
    ]
    assert shown["acts"][1]["version_after"] == saga.version + 1
    page = desk.types("show", "o-1").stdout
    assert "What people did" in page
    assert "olga (unverified)" in page
    listed = desk.gets("acts", "--limit", "1")
    assert ([act["verb"] for act in listed["acts"]], listed["more"]) == (["retry"], True)
    assert {act["target"] for act in desk.gets("acts")["acts"]} == {"saga:order_saga:o-1"}
    assert desk.gets("acts", "--since", "2099-01-01T00:00:00Z")["acts"] == []
    assert "saga:order_saga:o-1" in desk.types("acts").stdout
