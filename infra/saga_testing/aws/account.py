"""What one deployment uses of an AWS account: the tables as template.yaml declares them, bucket, queue and bus."""

from collections.abc import Callable
from typing import Any, Final

from saga_testing.aws.dynamodb.client import SimulatedDynamoDb
from saga_testing.aws.events import SimulatedEventBus
from saga_testing.aws.s3 import SimulatedS3
from saga_testing.aws.sqs import SimulatedSqs
from saga_testing.saga_table import OPERATOR_TABLE, SAGA_TABLE

QUEUE_URL: Final = "https://sqs.us-east-1.amazonaws.com/123456789012/rejected"
WAKE_QUEUE_URL: Final = "https://sqs.us-east-1.amazonaws.com/123456789012/wakes"
STREAM_ARN: Final = "arn:aws:dynamodb:us-east-1:123456789012:table/sagas/stream/2026-01-01T00:00:00.000"


class SimulatedAws:
    """`clock` gives epoch milliseconds, `index_lag` is asked at each change of the index, `entry_fate` at each entry
    of PutEvents, `read_lag` at each read that does not ask for consistency.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        index_lag: Callable[[], int] = lambda: 0,
        entry_fate: Callable[[dict[str, Any]], str | None] = lambda _entry: None,
        read_lag: Callable[[], int] = lambda: 0,
    ) -> None:
        self.dynamodb = SimulatedDynamoDb(clock, index_lag, read_lag)
        for table in (SAGA_TABLE, OPERATOR_TABLE):
            self.dynamodb.create_table(**table)
            self.dynamodb.update_time_to_live(
                TableName=table["TableName"], TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True}
            )
        self.s3 = SimulatedS3("payloads")
        self.sqs = SimulatedSqs(clock)
        for queue in ("rejected", "wakes"):
            self.sqs.create_queue(QueueName=queue)
        self.events = SimulatedEventBus(entry_fate)
