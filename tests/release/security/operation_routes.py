"""The routes of operations, each asked once."""

import json
from typing import Any

from saga_orchestrator.domain.instants import rfc3339
from saga_testing.http_door import OPERATOR, HttpDoor, Told


def operations(door: HttpDoor, arn: str, reason: str) -> list[Told]:
    """One is prepared, begun, looked at and aborted."""
    asked = {"verb": "note", "of": "deadlines", "filter": {"language": "python"}, "reason": reason}
    body = json.dumps({**asked, "before": rfc3339(door.at.clock())})
    prepared = door.ask("POST operations", arn, headers={"idempotency-key": "k-3"}, body=body)
    identity = prepared.json["operation"]["id"] if prepared.status == 201 else "0" * 24
    path, tag = {"operation_id": identity}, {"if-match": prepared.headers.get("etag", '"v1-1"')}

    def move(part: str, key: str) -> Told:
        headers = {"idempotency-key": key, **(tag if part == "start" else {})}
        operation = f"POST operations/{{operation_id}}/{part}"
        return door.ask(operation, arn, path=path, headers=headers, body=json.dumps({"reason": reason}))

    return [
        prepared,
        move("start", "k-4"),
        door.get("operations", arn),
        door.get("operations/{operation_id}", arn, path=path),
        door.get("operations/{operation_id}/items", arn, path=path),
        move("abort", "k-5"),
    ]


def prepared_and_begun(door: HttpDoor, reason: str, verb: str = "cancel") -> None:
    asked: dict[str, Any] = {"verb": verb, "of": "deadlines", "filter": {"language": "python"}, "reason": reason}
    body = json.dumps({**asked, "before": rfc3339(door.at.clock())})
    headers = {"idempotency-key": "k-1"}
    prepared = door.ask("POST operations", OPERATOR, headers=headers, body=body)
    path, tag = {"operation_id": prepared.json["operation"]["id"]}, {"if-match": prepared.headers["etag"]}
    why = json.dumps({"reason": reason})
    begun = door.ask("POST operations/{operation_id}/start", OPERATOR, path=path, headers={**headers, **tag}, body=why)
    assert begun.status == 202, begun.body
