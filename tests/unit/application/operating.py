"""Operators over the in-memory tables: orders that wait for one, stored as the functions would have left them."""

import random
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from saga_orchestrator.adapters.operators.act_items import ActTable, decode
from saga_orchestrator.adapters.operators.acting_sagas import ActingSagas
from saga_orchestrator.adapters.patient_writes import PatientWrites
from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.application.judging import Hand
from saga_orchestrator.application.operate import Answer, Asked, OperateSagas
from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.terms import Answer as Reply
from saga_orchestrator.domain.operating.acts import Act, Door, Role
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.saga import Saga
from saga_testing.aws.account import SimulatedAws
from saga_testing.samples.sample_events import NOW_MS
from saga_testing.wire import Wire
from sagas.order import ORDER
from tests.unit.domain.flow.orders import Played, placed, reserved

LATER = NOW_MS + 86_400_000
ORDERS: Mapping[str, SagaDefinition] = {"order_saga": ORDER}


def undo_parked() -> Saga:
    """Stock could not be given back; credit was."""
    order = reserved(amount=1001).report("ORDER_DECLINED").reply("release_stock#1", Reply.REFUSED)
    return _of(order.reply("release_credit#1"))


def stuck(*, answered: bool = False) -> Saga:
    """Shipping has used up its attempts."""
    order = reserved().wait(90)
    for attempt in (1, 2, 3) if answered else ():
        order.reply(f"ship_order#{attempt}", Reply.FAILED)
    return _of(order)


def running() -> Saga:
    return _of(reserved())


def waiting() -> Saga:
    """Credit is asked for, and nobody has answered."""
    return _of(placed())


def _of(order: Played) -> Saga:
    assert order.saga is not None
    return order.saga


@dataclass
class Told:
    """Telemetry that keeps every word."""

    counts: dict[str, int] = field(default_factory=dict)
    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + value

    def measure(self, name: str, value: int, **dimensions: str) -> None:
        self.count(f"{name} of {' '.join(dimensions.values())}", value)

    def gauge(self, name: str, value: int) -> None:
        self.counts[name] = value

    def info(self, message: str, **fields: Any) -> None:
        self.lines.append((message, fields))

    def warn(self, message: str, **fields: Any) -> None:
        self.lines.append((message, fields))

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def flush(self) -> None: ...


@dataclass
class Desk:
    """The tables with one saga on them, and whoever sits before them. Time stands still unless a test moves it."""

    saga: Saga | None
    definitions: Mapping[str, SagaDefinition] = field(default_factory=lambda: ORDERS)
    policy: Policy = field(default_factory=Policy)
    now: int = LATER
    told: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        self.aws: Any = SimulatedAws(lambda: self.now)
        if self.saga is not None:
            self.aws.dynamodb.put_item(TableName="sagas", Item=encode(self.saga))

    def sagas(self, wire: Wire | None = None) -> DynamoDbSagaStore:
        client = (wire or Wire()).client(self.aws.dynamodb)
        return DynamoDbSagaStore.on_table(
            client, "sagas", "deadlines", self.policy, random.Random(1), lambda _seconds: None
        )

    def acting(self, wire: Wire | None = None) -> OperateSagas:
        sagas = self.sagas(wire)
        acts = ActTable(sagas.client, "operator", PatientWrites(sagas.client, random.Random(1), lambda _seconds: None))
        return OperateSagas(ActingSagas(sagas, acts), lambda: self.now, self.rules_of, self.told)

    def rules_of(self, saga_name: str) -> Rules | None:
        definition = self.definitions.get(saga_name)
        return Rules(definition, self.policy) if definition is not None else None

    def does(self, deed: Deed, wire: Wire | None = None, **fields: Any) -> Answer:
        return self.acting(wire).perform(asked(deed, **fields))

    @property
    def stored(self) -> Saga:
        found = self.sagas().get("o-1", "order_saga")
        assert found is not None
        return found

    @property
    def acts(self) -> list[Act]:
        return [decode(item) for item in self.aws.dynamodb.scan(TableName="operator")["Items"]]

    @property
    def everything(self) -> tuple[Any, Any]:
        tables = ("sagas", "operator")
        sagas, acts = (self.aws.dynamodb.scan(TableName=table)["Items"] for table in tables)
        return sagas, acts


def asked(deed: Deed, **fields: Any) -> Asked:
    """By an admin who came in by IAM, for a reason, unless a test says otherwise."""
    hand = Hand(actor="ops", role=Role.ADMIN, door=Door.IAM, key="key-1", reason="seen to")
    of_hand = {name: fields.pop(name) for name in ("actor", "role", "door", "key", "reason") if name in fields}
    plain = Asked(hand=replace(hand, **of_hand), execution_id="o-1", saga_name="order_saga", deed=deed)
    return replace(plain, **fields)
