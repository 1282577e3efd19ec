"""PynamoDB's view of the table: the declared mapping, and reads and queries off the hot path (the operator's command).

Not imported by the event functions: writes go through `saga_store`, whose condition failures PynamoDB cannot return.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError, PynamoDBConnectionError
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from saga_orchestrator.adapters.counters.counter_items import COUNTER, RESERVED, shard_of
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.saga import Saga

from .saga_codec import decode

ModelT = TypeVar("ModelT", bound=Model)
Unreadable = Callable[[CorruptSaga], None]
"""Told of an item that no function can use."""


class DeadlineIndex(GlobalSecondaryIndex["SagaItem"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves its hook untyped
    """Sparse: holds only sagas that can still time out."""

    class Meta:
        index_name = "deadlines"
        projection = KeysOnlyProjection()

    deadline_shard = NumberAttribute(hash_key=True)
    deadline = NumberAttribute(range_key=True)


class SagaItem(Model):
    """One saga, attribute by attribute as `saga_codec` writes it."""

    class Meta:
        table_name = "unbound"
        region = "us-east-1"

    execution_id = UnicodeAttribute(hash_key=True)
    saga_name = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    version = VersionAttribute()
    definition_version = NumberAttribute(attr_name="dv")
    created_at = NumberAttribute(attr_name="created")
    correlation_id = UnicodeAttribute(attr_name="corr")
    owner = UnicodeAttribute(null=True)
    request: MapAttribute[str, Any] = MapAttribute(attr_name="req", null=True)  # type: ignore[no-untyped-call]  # untyped there
    request_hash = BinaryAttribute(attr_name="rh", null=True, legacy_encoding=False)
    traceparent = BinaryAttribute(attr_name="tp", null=True, legacy_encoding=False)
    script_bucket = UnicodeAttribute(attr_name="sb", null=True)
    inline_script = BooleanAttribute(attr_name="inline", null=True)
    create_before = NumberAttribute(null=True)
    completed_steps = UnicodeAttribute(attr_name="steps", null=True)
    compensated_steps = UnicodeAttribute(attr_name="undone", null=True)
    claim = UnicodeAttribute(null=True)
    deadline = NumberAttribute(null=True)
    deadline_shard = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    exit_code = NumberAttribute(attr_name="exit", null=True)
    error_type = UnicodeAttribute(attr_name="etype", null=True)
    ended_by = UnicodeAttribute(attr_name="by", null=True)
    ended_at = NumberAttribute(attr_name="ended", null=True)
    faults = UnicodeAttribute(null=True)
    shadow = BooleanAttribute(null=True)
    pod_name = UnicodeAttribute(attr_name="pod", null=True)
    node_name = UnicodeAttribute(attr_name="node", null=True)
    expires = NumberAttribute(null=True)
    timeline: ListAttribute[Any] = ListAttribute(null=True)
    early: ListAttribute[Any] = ListAttribute(null=True)
    outbox = UnicodeAttribute(null=True)
    definition_hash = UnicodeAttribute(attr_name="dh", null=True)
    input = UnicodeAttribute(attr_name="in", null=True)
    settings = UnicodeAttribute(attr_name="set", null=True)
    ledger = UnicodeAttribute(attr_name="led", null=True)
    data = UnicodeAttribute(null=True)
    errors = UnicodeAttribute(attr_name="err", null=True)
    outcome = UnicodeAttribute(attr_name="out", null=True)
    failed_step = UnicodeAttribute(attr_name="fs", null=True)
    saga_due = NumberAttribute(attr_name="sdue", null=True)
    mark = UnicodeAttribute(null=True)
    mark_at = NumberAttribute(null=True)
    wake = NumberAttribute(null=True)

    deadlines = DeadlineIndex()

    def to_saga(self) -> Saga:
        return decode(self.serialize())


class CounterItem(Model):
    """One shard of a resource's counter."""

    class Meta:
        table_name = "unbound"
        region = "us-east-1"

    execution_id = UnicodeAttribute(hash_key=True)
    saga_name = UnicodeAttribute(range_key=True)
    n = NumberAttribute(default=0)


def bind(model: type[ModelT], client: Any, table: str) -> type[ModelT]:
    """`model` reading `table` through `client`, instead of a session and connection pool of PynamoDB's own."""
    bound: Any = type(
        model.__name__, (model,), {"Meta": type("Meta", (), {"table_name": table, "region": "us-east-1"})}
    )
    connection = bound._get_connection()  # noqa: SLF001 - no public way in 6.1
    connection.connection._client = client  # noqa: SLF001 - the one place where PynamoDB can be given a client
    return cast("type[ModelT]", bound)


class SagaReader:
    """Reads for people: whole sagas, and counters, by query or scan."""

    def __init__(self, client: Any, table: str) -> None:
        self._sagas = bind(SagaItem, client, table)
        self._counters = bind(CounterItem, client, table)

    def of_execution(self, execution_id: str, unreadable: Unreadable | None = None) -> list[Saga]:
        """Raises CorruptSaga for one that cannot be read, unless `unreadable` takes it."""
        return list(_readable(self._sagas.query(execution_id, consistent_read=True), unreadable or _refuse))

    def all(self, state: str | None = None) -> Iterator[Saga]:
        """Every saga, by scan: its cost is the whole table's size."""
        condition = ~SagaItem.execution_id.startswith(RESERVED)
        if state is not None:
            condition &= SagaItem.state == state
        yield from _readable(self._sagas.scan(filter_condition=condition), _refuse)

    def counters(self) -> dict[tuple[str, int], int]:
        """Units taken, by resource and shard."""
        found = self._counters.scan(filter_condition=CounterItem.saga_name == COUNTER, consistent_read=True)
        shards = {shard_of(item.serialize()): int(item.n) for item in found}
        return {shard: taken for shard, taken in shards.items() if shard is not None}


def _refuse(corrupt: CorruptSaga) -> None:
    raise corrupt


def _readable(items: Iterator[SagaItem], unreadable: Unreadable) -> Iterator[Saga]:
    while True:
        try:
            saga = _next(items)
        except StopIteration:
            return
        except CorruptSaga as corrupt:
            unreadable(corrupt)  # the iterator has passed the item already, so the others follow
            continue
        if saga is not None:
            yield saga


def _next(items: Iterator[SagaItem]) -> Saga | None:
    """Raises CorruptSaga, whether mapping or codec stops at an item: the mapping names attributes, never values."""
    try:
        item = next(items)
        # A key of the table, so a query cannot filter by it.
        return None if item.execution_id.startswith(RESERVED) else item.to_saga()
    except (AttributeDeserializationError, AttributeNullError) as broken:
        detail = f"stored saga cannot be read: {broken}"
        raise CorruptSaga(detail) from None
    except PynamoDBConnectionError as failed:
        # What AWS refused is the caller's to judge, by the error that it knows from every other client.
        raise failed.cause or failed from failed
