"""A reader of the saga table: items as they are stored, sagas as the engine reads them, and the slots taken."""

from collections.abc import Iterator
from typing import Any, Final

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.domain.saga import Saga
from saga_testing.saga_table import SAGA_TABLE
from sagas.execution import EXECUTION_SAGA

Item = dict[str, Any]

COUNTER: Final = "#counter"


class TableReader:
    """`client` is whatever answers as botocore's does: the in-memory one, moto's, or one that speaks to a stack."""

    def __init__(self, client: Any, table: str = SAGA_TABLE["TableName"]) -> None:
        self._client = client
        self._table = table

    def item(self, execution_id: str = "ex-1", saga_name: str = EXECUTION_SAGA.name) -> Item | None:
        key = {"execution_id": {"S": execution_id}, "saga_name": {"S": saga_name}}
        found: Item | None = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return found

    def items(self) -> list[Item]:
        """Everything: sagas, and what is kept beside them."""
        return list(self._scan())

    def _scan(self) -> Iterator[Item]:
        page: dict[str, Any] = {}
        while True:
            reply = self._client.scan(TableName=self._table, **page)
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            page = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}

    def saga(self, execution_id: str = "ex-1", saga_name: str = EXECUTION_SAGA.name) -> Saga | None:
        item = self.item(execution_id, saga_name)
        return decode(item) if item else None

    def slots(self) -> int:
        """Taken in all languages together, as the counters say."""
        return sum(int(item["n"]["N"]) for item in self.items() if item["saga_name"]["S"] == COUNTER)
