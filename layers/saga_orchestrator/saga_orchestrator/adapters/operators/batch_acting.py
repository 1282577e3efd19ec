"""Sagas as a runner acts on them: saga, act, fate and the question who runs the batch are one transaction."""

from dataclasses import dataclass

from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore, Preceded
from saga_orchestrator.application.batches.keeping import Settled
from saga_orchestrator.application.operate import Acted
from saga_orchestrator.application.ports import Outcome
from saga_orchestrator.domain.operating.acts import Act, ActKey
from saga_orchestrator.domain.operating.batches import Batch, Fate
from saga_orchestrator.domain.saga import Claim, Saga

from .act_items import put_of
from .batch_table import BatchTable


@dataclass(frozen=True, slots=True)
class BatchActing:
    """Implements the application's `ActingStore` for the saga at one position of a batch. Its writes may raise
    `NotMine`: nothing was written, for somebody else runs the batch, or nobody any more.
    """

    sagas: DynamoDbSagaStore
    batches: BatchTable
    batch: Batch
    position: int

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        return self.sagas.get(execution_id, saga_name)

    def find(self, act_id: ActKey) -> Act | None:
        return self.batches.find_act(act_id)

    def record(self, act: Act) -> bool:
        done, put = Settled(Fate.DONE), {"Put": put_of(self.batches.table, act)}
        return self.batches.settle(self.batch, self.position, done, act.at, [put])

    def replace(self, old: Saga, new: Saga, claims: str | None, releases: Claim | None, act: Act) -> Outcome | Acted:
        fate = self.batches.settling(self.batch, self.position, Settled(Fate.DONE), act.at)
        before = [*fate, {"Put": put_of(self.batches.table, act)}]
        try:
            return self.sagas.replace(old, new, claims, releases, before=before)
        except Preceded:
            # Ours, so the act stands: of this very write, whose answer was lost.
            self.batches.is_settled(self.batch, self.position)
            return Acted()
