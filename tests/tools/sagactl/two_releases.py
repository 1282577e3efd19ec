"""A stack in memory whose sagas other code began, and whoever types the commands of this code against it."""

import json
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Final

import pytest
from typer.testing import CliRunner, Result

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_testing.aws.account import SimulatedAws
from saga_testing.samples.sample_events import NOW_MS
from saga_testing.wire import Wire
from sagactl.app import app
from sagactl.deployment import Deployment as Stack
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER

LONGER: Final = replace(
    ORDER,
    version=2,
    steps=(*ORDER.steps[:3], replace(ORDER.steps[3], within=9)),
    settings={**ORDER.settings, "packing_seconds": 7},
)
"""Ships in nine seconds, and has a number more."""
SECONDS: Final = ("StartDeadlineSeconds", "RunGraceSeconds", "RequestMaxAgeSeconds", "RetentionDays", "DeadlineShards")
OUTPUTS: Final = {"TableName": "sagas", "OperatorTableName": "operator", **dict.fromkeys(SECONDS, "8")}


def known(*definitions: SagaDefinition) -> SagaRegistry:
    return SagaRegistry((EXECUTION_SAGA, *definitions))


@dataclass
class Desk:
    monkeypatch: pytest.MonkeyPatch
    aws: Any = field(default_factory=lambda: SimulatedAws(lambda: NOW_MS))
    wire: Wire = field(default_factory=Wire)
    now: int = NOW_MS + 2 * 86_400_000
    """Two days after everything was sent."""

    def client(self, service: str) -> Any:
        return self.wire.client({"dynamodb": self.aws.dynamodb}[service])

    @property
    def stack(self) -> Stack:
        connection: Any = SimpleNamespace(client=self.client, is_local=True, place="here")
        return Stack("shop", OUTPUTS, connection)

    def runs(self, command: str, sagas: SagaRegistry) -> None:
        """`sagas` is the code at hand."""
        stack = self.stack
        self.monkeypatch.setattr(f"sagactl.commands.versions.{command}.deployment", lambda _target: stack)
        self.monkeypatch.setattr(f"sagactl.commands.versions.{command}.SAGAS", sagas)
        self.monkeypatch.setattr(f"sagactl.commands.versions.{command}.now_ms", lambda: self.now)

    def put(self, saga: Saga, key: str = "o-1") -> Saga:
        named = replace(saga, execution_id=key)
        self.aws.dynamodb.put_item(TableName="sagas", Item=encode(named))
        return named

    def put_unreadable(self, key: str) -> None:
        item = {"execution_id": {"S": key}, "saga_name": {"S": ORDER.name}, "state": {"S": "hovering"}}
        self.aws.dynamodb.put_item(TableName="sagas", Item=item)

    def put_beside(self) -> None:
        """What is kept beside sagas."""
        for key in ("#counter#python#0", "#newer"):
            item = {"execution_id": {"S": key}, "saga_name": {"S": "#counter"}, "n": {"N": "1"}}
            self.aws.dynamodb.put_item(TableName="sagas", Item=item)

    def saga(self, key: str = "o-1") -> Saga:
        name = {"execution_id": {"S": key}, "saga_name": {"S": ORDER.name}}
        return decode(self.aws.dynamodb.get_item(TableName="sagas", Key=name)["Item"])

    @property
    def acts(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.aws.dynamodb.scan(TableName="operator")["Items"]
        return items

    def types(self, *words: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, [*words], input=answer)

    def gets(self, *words: str, exit_code: int = 0) -> Any:
        outcome = self.types(*words, "--output", "json")
        assert outcome.exit_code == exit_code, outcome.output
        return json.loads(outcome.stdout)
