"""Operations as tests ask for them, and the runner as Lambda would call it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.batch_bootstrap import BatchResources
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.entrypoints.runner_function import RunOperations
from saga_testing.deployment import Deployment
from saga_testing.http_door import OPERATOR, READER, HttpDoor, Told, Who
from saga_testing.lambda_context import Context

Json = dict[str, Any]
UNKNOWN_ID: Final = "0123456789abcdef01234567"
LONG: Final = 300_000
"""Milliseconds that are left: as much as the runner's function has."""


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
