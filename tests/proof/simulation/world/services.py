"""The simulated AWS of one world: the table as template.yaml declares it, bucket, queue and bus."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from saga_orchestrator.adapters.settings import Settings
from saga_testing.aws.dynamodb.client import SimulatedDynamoDb
from saga_testing.aws.events import SimulatedEventBus
from saga_testing.aws.s3 import SimulatedS3
from saga_testing.aws.sqs import SimulatedSqs
from saga_testing.saga_table import SAGA_TABLE


@lru_cache(maxsize=512)
def settings_of(pairs: tuple[tuple[str, str], ...]) -> Settings:
    return Settings.from_environment(dict(pairs))


class Services:
    """`index_lag` is asked at each change of the index, `entry_fate` at each entry of PutEvents."""

    def __init__(
        self,
        clock: Callable[[], int],
        index_lag: Callable[[], int],
        entry_fate: Callable[[dict[str, Any]], str | None],
    ) -> None:
        self.dynamodb = SimulatedDynamoDb(clock, index_lag)
        self.dynamodb.create_table(**SAGA_TABLE)
        self.dynamodb.update_time_to_live(
            TableName="sagas", TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True}
        )
        self.s3 = SimulatedS3("payloads")
        self.sqs = SimulatedSqs(clock)
        self.sqs.create_queue(QueueName="rejected")
        self.events = SimulatedEventBus(entry_fate)
