"""Sagas and the acts on them, each pair written in one transaction: no change without its act, no act without it."""

from dataclasses import dataclass

from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore, Preceded
from saga_orchestrator.application.operate import Acted
from saga_orchestrator.application.ports import Outcome
from saga_orchestrator.domain.operating.acts import Act, ActKey
from saga_orchestrator.domain.saga import Claim, Saga

from .act_items import ActTable, put_of


@dataclass(frozen=True, slots=True)
class ActingSagas:
    """Implements the application's `ActingStore` on both tables."""

    sagas: DynamoDbSagaStore
    acts: ActTable

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        return self.sagas.get(execution_id, saga_name)

    def find(self, act_id: ActKey) -> Act | None:
        return self.acts.find(act_id)

    def record(self, act: Act) -> bool:
        return self.acts.put(act)

    def replace(self, old: Saga, new: Saga, claims: str | None, releases: Claim | None, act: Act) -> Outcome | Acted:
        put = {"Put": put_of(self.acts.table, act)}
        try:
            return self.sagas.replace(old, new, claims, releases, before=[put])
        except Preceded:
            return Acted()
