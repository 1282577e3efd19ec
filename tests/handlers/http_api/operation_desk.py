"""Operations as tests ask for them, and the runner as Lambda would call it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.batch_bootstrap import BatchResources
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.runner_function import RunOperations
from saga_testing.deployment import Deployment
from saga_testing.http_door import OPERATOR, READER, HttpDoor, Told, Who
from saga_testing.lambda_context import Context
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order

Json = dict[str, Any]
NAME: Final = "order_saga"
LONG: Final = 300_000
"""Milliseconds that are left: as much as the runner's function has."""

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


def acts(stack: Deployment, kind: str = "act") -> list[Json]:
    found: list[Json] = stack.aws.dynamodb.scan(TableName="operator")["Items"]
    return [item for item in found if item.get("kind", {}).get("S") == kind]


@dataclass
class Desk:
    """One process of the API, and those of the runner."""

    stack: Deployment
    door: HttpDoor

    @classmethod
    def of(cls, stack: Deployment) -> "Desk":
        return cls(stack, HttpDoor(stack.at))

    def body(self, **changes: Any) -> Json:
        asked: Json = {
            "verb": "retry",
            "of": "parked",
            "filter": {"reason": "refused"},
            "before": rfc3339(self.stack.now),
            "reason": "the shop is back",
        }
        return {name: value for name, value in {**asked, **changes}.items() if value is not None}

    def prepare(self, who: Who = OPERATOR, *, key: str | None = "p-1", raw: str | None = None, **changes: Any) -> Told:
        body = raw if raw is not None else json.dumps(self.body(**changes))
        return self.door.ask("POST operations", who, headers=_headers(key), body=body)

    def prepared(self, who: Who = OPERATOR, **changes: Any) -> str:
        told = self.prepare(who, **changes)
        assert told.status == 201, told.body
        return str(told.json["operation"]["id"])

    def start(self, identity: str, who: Who = OPERATOR, *, key: str | None = "s-1", **parts: Any) -> Told:
        if "if_match" not in parts:
            parts["if_match"] = self.one(identity).headers.get("etag")
        return self._move("start", identity, who, key, **parts)

    def started(self, identity: str, who: Who = OPERATOR, **parts: Any) -> Json:
        told = self.start(identity, who, **parts)
        assert told.status == 202, told.body
        found: Json = told.json["operation"]
        return found

    def abort(self, identity: str, who: Who = OPERATOR, *, key: str | None = "a-1", **parts: Any) -> Told:
        return self._move("abort", identity, who, key, **{"body": None, **parts})

    def one(self, identity: str, who: Who = READER) -> Told:
        return self.door.ask("GET operations/{operation_id}", who, path={"operation_id": identity})

    def progress(self, identity: str) -> Json:
        found: Json = self.one(identity).json["progress"]
        return found

    def items(self, identity: str, size: int = 100) -> list[Json]:
        found: list[Json] = []
        token: str | None = None
        while token is not None or not found:
            query = {"page_size": str(size), **({"page_token": token} if token else {})}
            path = {"operation_id": identity}
            told = self.door.ask("GET operations/{operation_id}/items", READER, path=path, query=query)
            assert told.status == 200, told.body
            found += told.json["items"]
            token = told.json["next_page_token"]
        return found

    def run(self, event: Any = None, at: Resources | None = None, remaining: Any = LONG) -> Json:
        """One invocation of the runner's function; without an event the schedule's tick."""
        return RunOperations(BatchResources(at or self.stack.at)).run(event or {}, Context(remaining))

    def _move(self, part: str, identity: str, who: Who, key: str | None, **parts: Any) -> Told:
        body = parts.pop("body", '{"reason": "as agreed"}')
        headers = _headers(key, parts.pop("if_match", None))
        operation = f"POST operations/{{operation_id}}/{part}"
        return self.door.ask(operation, who, path={"operation_id": identity}, headers=headers, body=body, **parts)


def _headers(key: str | None, if_match: str | None = None) -> Mapping[str, str]:
    given = {"idempotency-key": key, "if-match": if_match}
    return {name: value for name, value in given.items() if value is not None}
