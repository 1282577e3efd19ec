"""Orders that wait for an operator, put into the table as they would stand there."""

from dataclasses import replace
from typing import Final

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.saga import Saga
from saga_testing.deployment import Deployment
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order

NAME: Final = "order_saga"
UNDO_PARKED: Final = replied(
    replied(reserved_order(), "ship_order#1", Answer.REFUSED), "release_stock#1", Answer.REFUSED
)
STUCK: Final = stuck_order()


def parked(saga: Saga, key: str, since: int) -> Saga:
    entry = saga.ledger.parked[0]
    return replace(saga, execution_id=key, ledger=saga.ledger.with_entry(replace(entry, since=since)))


def store(stack: Deployment, *sagas: Saga) -> None:
    for saga in sagas:
        stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(saga))


def store_parked(stack: Deployment, count: int, saga: Saga = UNDO_PARKED, prefix: str = "o") -> list[str]:
    keys = [f"{prefix}-{number}" for number in range(count)]
    store(stack, *(parked(saga, key, stack.now - 1000 - number) for number, key in enumerate(reversed(keys))))
    return keys


def undos(stack: Deployment, key: str) -> int:
    """How often the stock of that order was asked to be given back."""
    saga = stack.saga(key, NAME)
    assert saga is not None
    entry = saga.ledger.of("reserve_stock")
    return entry.undo if entry else 0


def park_again(stack: Deployment, key: str) -> None:
    saga = stack.saga(key, NAME)
    assert saga is not None
    entry = saga.ledger.of("reserve_stock")
    assert entry is not None
    again = replace(entry, standing=Standing.UNDO_PARKED, since=stack.now, due=None)
    store(stack, replace(saga, version=saga.version + 1, ledger=saga.ledger.with_entry(again)))
