"""Sagas of several owners, and how their owners ask."""

import json
from typing import Any

from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.other_targets import REPUBLISH
from saga_testing.aws.account import SimulatedAws
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import OPERATOR, HttpDoor, Told, claims_of
from saga_testing.samples.sample_events import NOW_MS, event
from saga_testing.telemetry import RecordingTelemetry


def owned_by(user: str, name: str = "EXECUTION_REQUESTED", key: str = "ex-1", **fields: Any) -> dict[str, Any]:
    made = event(name, key, **fields)
    return {**made, "metadata": {**made["metadata"], "user_id": user}}


def person(user: Any, **more: Any) -> dict[str, Any]:
    return claims_of(sub=f"sub-{user}", user=user, **more)


ADA = person("ada")
VERBS = [f"POST sagas/{{name}}/{{key}}/{deed}" for deed in (*Deed, REPUBLISH)]
"""Of one saga."""
ACTS = "GET sagas/{name}/{key}/acts"


class House:
    """Sagas of several owners, one of each kind that is nobody's business."""

    def __init__(self) -> None:
        self.now = NOW_MS
        self.aws = SimulatedAws(lambda: self.now, owner_index=True)
        self.stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, aws=self.aws, telemetry=RecordingTelemetry())
        self.door = HttpDoor(self.stack.at, owner_claim="user", owner_index=True)
        self.stack.deliver(owned_by("ada", key="own"))
        self.stack.deliver(owned_by("grace", key="another"))
        self.stack.deliver(owned_by("grace", key="acted"))
        ownerless = owned_by("x", key="ownerless")
        del ownerless["metadata"]["user_id"]
        self.stack.deliver(ownerless)
        self.stack.deliver(owned_by("ada", "EXECUTION_CANCELLED", key="stub"))
        for key in ("expired", "corrupt"):
            self.stack.deliver(owned_by("ada", key=key))
        self._change("expired", "SET expires = :x", {":x": {"N": str(self.stack.now // 1000)}})
        self._change("corrupt", "REMOVE dv", {})
        self.door.cancel("acted", arn=OPERATOR, idempotency_key="k-used")

    def _change(self, key: str, expression: str, values: dict[str, Any]) -> None:
        self.aws.dynamodb.update_item(
            TableName="sagas",
            Key={"execution_id": {"S": key}, "saga_name": {"S": "execution_saga"}},
            UpdateExpression=expression,
            **({"ExpressionAttributeValues": values} if values else {}),
        )

    def bytes_of(self) -> bytes:
        tables = (self.aws.dynamodb.scan(TableName=name)["Items"] for name in ("sagas", "operator"))
        return json.dumps([list(items) for items in tables], sort_keys=True, default=str).encode()


def asked(house: House, operation: str, key: str, who: Any = ADA, **parts: Any) -> Told:
    path = {"name": "execution_saga", "key": key, "execution_id": key}
    return house.door.ask(operation, who, path=path, **parts)


def mine(house: House, who: Any = ADA, **query: str) -> Told:
    return house.door.get("sagas", who, query={"order": "owner", **query})
