"""Sagas as the index of marks has them, and the write that makes the index true again."""

from dataclasses import dataclass

from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.application.listing import Place
from saga_orchestrator.domain.saga import Saga


@dataclass(frozen=True, slots=True)
class MarkedSagas:
    """Implements the application's `MarkStore`."""

    sagas: DynamoDbSagaStore

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        return self.sagas.get(execution_id, saga_name)

    def mend_mark(self, saga: Saga, found: Place) -> bool:
        """The saga's version stays: nothing of it changes, its outbox least, so nothing is sent for this write."""
        own: Item = {}
        if saga.mark is not None:
            own = {":mark": {"S": saga.mark}, ":at": {"N": str(saga.mark_at)}}
        update = {
            "TableName": self.sagas.table,
            "Key": {"execution_id": {"S": saga.execution_id}, "saga_name": {"S": saga.saga_name}},
            "UpdateExpression": "SET mark = :mark, mark_at = :at" if own else "REMOVE mark, mark_at",
            # Exactly the saga that its own mark was found from, and still at the place that is not true: whoever
            # changed it since wrote its mark, or it has gone and begun again.
            "ConditionExpression": "version = :version AND mark = :found AND mark_at = :found_at",
            "ExpressionAttributeValues": {
                ":version": {"N": str(saga.version)},
                ":found": {"S": found.partition},
                ":found_at": {"N": str(found.at)},
                **own,
            },
        }
        return self.sagas.writes.single(self.sagas.client.update_item, update) is None
