"""What `sagactl diff` and `sagactl migrate` call, and write, against what the operators' policy admits."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from typer.testing import CliRunner

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing.moto_world import World
from saga_testing.samples.parked_orders import reserved_order
from sagactl.app import app
from sagactl.deployment import Deployment as Stack
from sagas.order import ORDER
from tests.release.security.permission_matrix import calls_of
from tests.release.template.deployment import as_list, deploy

SECOND: Final = replace(ORDER, version=2, settings={**ORDER.settings, "packing_seconds": 7})
CODE: Final = SagaRegistry((SECOND, ORDER))


def types(*words: str) -> dict[str, Any]:
    outcome = CliRunner().invoke(app, [*words, "--output", "json"])
    assert outcome.exit_code == 0, outcome.output
    facts: dict[str, Any] = json.loads(outcome.stdout)
    return facts


def test_the_two_commands_are_admitted_and_write_what_the_policy_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection: Any = SimpleNamespace(client=lambda _service: world.at.sdk.dynamodb, is_local=True, place="here")
    stack = Stack("sagas", {"TableName": "sagas", "OperatorTableName": "operator"}, connection)
    for command in ("diff", "migrate"):
        monkeypatch.setattr(f"sagactl.commands.versions.{command}.deployment", lambda _target: stack)
        monkeypatch.setattr(f"sagactl.commands.versions.{command}.SAGAS", CODE)
    for key in ("o-1", "o-2"):
        item = encode(replace(reserved_order(), execution_id=key))
        boto3.client("dynamodb").put_item(TableName="sagas", Item=item)
    updates: list[dict[str, Any]] = []

    def scenario() -> None:
        types("diff")
        assert types("migrate", "order_saga", "--saga", "o-1", "--yes", "--as", "olga")["moved"] == ["o-1"]
        assert types("migrate", "order_saga", "--yes", "--as", "olga")["moved"] == ["o-2"]
        transactions = [arguments for operation, arguments in world.calls if operation == "TransactWriteItems"]
        updates.extend(each["Update"] for one in transactions for each in one["TransactItems"] if "Update" in each)

    called = calls_of(world, scenario)

    statements = deploy().properties["OperatorPolicy"]["PolicyDocument"]["Statement"]
    assert called <= {
        (action, place)
        for each in statements
        for action in as_list(each["Action"])
        for place in as_list(each["Resource"])
    }
    assert called == {
        ("dynamodb:Scan", "<SagaTable.Arn>"),
        ("dynamodb:GetItem", "<SagaTable.Arn>"),
        ("dynamodb:UpdateItem", "<SagaTable.Arn>"),
        ("dynamodb:PutItem", "<OperatorTable.Arn>"),
    }
    (admitted,) = [each["Condition"] for each in statements if each.get("Sid") == "MoveSagas"]
    assert len(updates) == 2
    for update in updates:
        names = {*update["Key"], *update["ExpressionAttributeNames"].values(), "version"}
        assert names == set(admitted["ForAllValues:StringEquals"]["dynamodb:Attributes"])
