"""The release before meets what people did with this one: it reads such sagas and ends them, and loses no act.

It is played by the neighbour of the simulation, which knows no mark and has no verb.
"""

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.batch_bootstrap import BatchResources
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.runner_function import RunOperations
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import ADMIN, OPERATOR, HttpDoor, Told
from saga_testing.lambda_context import Context
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order
from saga_testing.samples.sample_events import eventbridge
from saga_testing.samples.sample_orders import order_event, reply
from saga_testing.telemetry import RecordingTelemetry
from tests.proof.simulation.faults.code_versions import MODULES, CodeVersion
from tests.proof.simulation.faults.neighbours import OLDER
from tests.proof.simulation.faults.second_copy import second_copy

NAME: Final = "order_saga"
STUCK: Final = stuck_order()
UNDO_PARKED: Final = replied(
    replied(reserved_order(), "ship_order#1", Answer.REFUSED), "release_stock#1", Answer.REFUSED
)
CODEC: Final = "adapters.saga_codec"
FUNCTIONS: Final = "entrypoints.saga_functions"
WHY: Final = json.dumps({"reason": "the shop is back"})
KEY: Final = "o-1"


@functools.cache
def before() -> tuple[CodeVersion, Any]:
    modules = second_copy(OLDER, list(MODULES))
    return CodeVersion("N-1", modules, frozenset()), modules


class Shop:
    """One table, and functions of both releases; participants answer whatever was asked for since the last look."""

    def __init__(self) -> None:
        self.stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry())
        self.door = HttpDoor(self.stack.at)
        self.version, self.modules = before()
        self.seen = 0
        self.owing: list[str] = []
        """Orders whose credit was asked to be given back before anybody acted: that answer comes too."""
        self.of_before = self.version.resources(
            self.version.own_settings(self.stack.at.settings),
            self.stack.sdk(self.stack.wire),
            clock=lambda: self.stack.now,
            pause=lambda _seconds: None,
            rng=self.stack.at.rng,
            sagas=self.modules["sagas"].SAGAS,
            telemetry=RecordingTelemetry(),
            executor=self.stack.at.executor,
            function="of-before",
        )

    def put(self, *sagas: Saga) -> None:
        for each in sagas:
            self.stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(each))
        self.owing += [each.execution_id for each in sagas if each.ledger.parked[0].step == "reserve_stock"]
        self.look()

    def look(self) -> None:
        """What is on the stream by now was published and answered long ago."""
        self.stack.relayed, self.seen = len(self.stack.records()), len(self.stack.published)

    def saga(self, key: str = KEY) -> Saga:
        found = self.stack.saga(key, NAME)
        assert found is not None
        return found

    def act(self, verb: str, key: str = KEY, **parts: Any) -> Told:
        tag = self.door.saga(key, NAME).headers["etag"]
        told = self.door.act(verb, key, NAME, ADMIN, if_match=tag, body=WHY, **parts)
        assert told.status == 200, told.body
        return told

    def operate_on_all(self) -> str:
        """An operation that retries whatever is parked, from its set to its end."""
        body = {"verb": "retry", "of": "parked", "filter": {"reason": "refused"}, "reason": "the shop is back"}
        body["before"] = rfc3339(self.stack.now)
        told = self.door.posted("operations", OPERATOR, body=json.dumps(body))
        assert told.status == 201, told.body
        identity, tag = str(told.json["operation"]["id"]), told.headers["etag"]
        path = {"operation_id": identity}
        told = self.door.posted("operations/{operation_id}/start", OPERATOR, path=path, if_match=tag, body=WHY)
        assert told.status == 202, told.body
        RunOperations(BatchResources(self.stack.at)).run({}, Context(300_000))
        return identity

    def done(self, identity: str) -> int:
        found = self.door.get("operations/{operation_id}", OPERATOR, path={"operation_id": identity})
        return int(found.json["progress"]["done"])

    def acts(self) -> list[str]:
        items = self.stack.aws.dynamodb.scan(TableName="operator")["Items"]
        return sorted(json.dumps(each, sort_keys=True) for each in items if each["pk"]["S"].startswith("act#"))

    def before_takes(self, detail: dict[str, Any]) -> None:
        self.modules[FUNCTIONS].CommandReplyFunction(self.of_before).run(eventbridge(detail), Context())

    def before_goes_on(self) -> list[str]:
        """The release before alone, until nothing more is asked: what it published."""
        told: list[str] = []
        for each in self.owing:
            self.before_takes(reply("release_credit#1", order_id=each))
        for _ in range(12):
            answer = self.version.entries["command_relay"](
                self.of_before, {"Records": self.stack.records()[self.stack.relayed :]}, Context()
            )
            assert answer["batchItemFailures"] == []
            self.stack.relayed = len(self.stack.records())
            new, self.seen = self.stack.published[self.seen :], len(self.stack.published)
            if not new:
                return told
            told += [each["message_type"] for each in new]
            for sent in new:
                _, key, message = sent["message_id"].split(":")
                if "operation_id" in sent:
                    self.before_takes(reply(message, order_id=key))
        raise AssertionError(told)

    def before_reads(self, key: str = KEY) -> Any:
        items = self.stack.aws.dynamodb.get_item(
            TableName="sagas", Key={"execution_id": {"S": key}, "saga_name": {"S": NAME}}
        )
        return self.modules[CODEC].decode(items["Item"])


def placed(shop: Shop) -> None:
    shop.stack.deliver(order_event("PLACED"))
    shop.look()
    shop.stack.deliver(reply("reserve_credit#1"))
    shop.look()


DONE: Final[dict[str, tuple[Callable[[Shop], None], str, str]]] = {
    "retry of a step": (lambda shop: shop.put(STUCK), "retry", "completed"),
    "resolve of a step": (lambda shop: shop.put(STUCK), "resolve", "completed"),
    "retry of an undo": (lambda shop: shop.put(UNDO_PARKED), "retry", "failed"),
    "resolve of an undo": (lambda shop: shop.put(UNDO_PARKED), "resolve", "failed"),
    "skip of an undo": (lambda shop: shop.put(UNDO_PARKED), "skip", "failed"),
    "cancel": (placed, "cancel", "cancelled"),
}


@pytest.mark.parametrize("case", DONE)
def test_the_release_before_reads_and_ends_what_people_acted_on(case: str) -> None:
    begin, verb, end = DONE[case]
    shop = Shop()
    begin(shop)
    shop.act(verb)
    acts = shop.acts()
    assert len(acts) == 1
    assert str(shop.before_reads().state) == str(shop.saga().state)

    shop.before_goes_on()

    assert str(shop.saga().state) == end == str(shop.before_reads().state)
    assert shop.acts() == acts
    assert shop.stack.rejected() == []
    assert [shop.door.saga(KEY, NAME).json["state"], shop.act(verb).json["replayed"]] == [end, True]


def test_a_note_is_kept_while_the_release_before_takes_the_late_answer() -> None:
    shop = Shop()
    shop.put(UNDO_PARKED)
    shop.act("note")
    acts = shop.acts()

    shop.before_takes(reply("release_stock#1"))
    shop.before_goes_on()

    assert str(shop.saga().state) == "failed"
    assert shop.acts() == acts
    assert shop.stack.rejected() == []


def test_what_an_operation_did_is_ended_by_the_release_before() -> None:
    shop = Shop()
    keys = [f"o-{number}" for number in range(4)]
    shop.put(*(replace(UNDO_PARKED, execution_id=key) for key in keys))
    shop.stack.advance(1)
    identity = shop.operate_on_all()
    acts = shop.acts()
    assert shop.done(identity) == 4

    shop.before_goes_on()

    assert {str(shop.saga(key).state) for key in keys} == {"failed"}
    assert shop.acts() == acts
    assert shop.stack.rejected() == []
    assert shop.done(identity) == 4


def test_a_rollback_in_the_middle_of_an_incident_loses_neither_saga_nor_act() -> None:
    """Retried by this release, refused while the one before runs, and resolved once this one is back."""
    shop = Shop()
    shop.put(UNDO_PARKED)
    shop.act("retry", idempotency_key="k-retry")
    asked = shop.saga().ledger.of("reserve_stock")
    assert asked is not None

    shop.before_takes(reply(f"release_stock#{asked.undo}", "refused"))

    again = shop.saga()
    assert [entry.step for entry in again.ledger.parked] == ["reserve_stock"]
    acts = shop.acts()
    replayed = shop.act("retry", idempotency_key="k-retry")
    assert replayed.json["replayed"] is True
    assert shop.saga() == again
    shop.act("resolve", idempotency_key="k-resolve")
    shop.before_goes_on()
    assert str(shop.saga().state) == "failed"
    assert set(acts) < set(shop.acts())
    assert len(shop.acts()) == 2
    assert shop.stack.rejected() == []
