"""What one deployment uses of an AWS account: the tables as template.yaml declares them, bucket, queue and bus."""

import pickle
from collections.abc import Callable
from typing import Any, Final

from saga_testing.aws.dynamodb.client import SimulatedDynamoDb
from saga_testing.aws.events import SimulatedEventBus
from saga_testing.aws.functions import SimulatedFunctions
from saga_testing.aws.s3 import SimulatedS3
from saga_testing.aws.sqs import SimulatedSqs
from saga_testing.saga_table import OPERATOR_TABLE, SAGA_TABLE, SAGA_TABLE_BY_OWNER

QUEUE_URL: Final = "https://sqs.us-east-1.amazonaws.com/123456789012/rejected"
WAKE_QUEUE_URL: Final = "https://sqs.us-east-1.amazonaws.com/123456789012/wakes"
STREAM_ARN: Final = "arn:aws:dynamodb:us-east-1:123456789012:table/sagas/stream/2026-01-01T00:00:00.000"


class Timepiece:
    """Asks whoever owns the account for the time. A copy of an account runs by the clock of its new owner."""

    def __init__(self, read: Callable[[], int]) -> None:
        self.read = read

    def __call__(self) -> int:
        return self.read()

    def __reduce__(self) -> tuple[type["Timepiece"], tuple[Callable[[], int]]]:
        return Timepiece, (at_once,)


def at_once() -> int:
    return 0


def taken(_entry: dict[str, Any]) -> str | None:
    return None


class SimulatedAws:
    """`clock` gives epoch milliseconds, `index_lag` is asked at each change of the index, `entry_fate` at each entry
    of PutEvents, `read_lag` at each read that does not ask for consistency.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        index_lag: Callable[[], int] = at_once,
        entry_fate: Callable[[dict[str, Any]], str | None] = taken,
        read_lag: Callable[[], int] = at_once,
        *,
        owner_index: bool = False,
    ) -> None:
        self.clock = Timepiece(clock)
        self.dynamodb = SimulatedDynamoDb(self.clock, index_lag, read_lag)
        for table in (SAGA_TABLE_BY_OWNER if owner_index else SAGA_TABLE, OPERATOR_TABLE):
            self.dynamodb.create_table(**table)
            self.dynamodb.update_time_to_live(
                TableName=table["TableName"], TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True}
            )
        self.s3 = SimulatedS3("payloads")
        self.sqs = SimulatedSqs(self.clock)
        for queue in ("rejected", "wakes"):
            self.sqs.create_queue(QueueName=queue)
        self.events = SimulatedEventBus(entry_fate)
        self.functions = SimulatedFunctions()

    def packed(self) -> bytes:
        """As it stands now, to be unpacked any number of times: what comes of one copy, no other sees."""
        return pickle.dumps(self, pickle.HIGHEST_PROTOCOL)

    @staticmethod
    def unpacked(packed: bytes, clock: Callable[[], int]) -> "SimulatedAws":
        account: SimulatedAws = pickle.loads(packed)  # noqa: S301 - what `packed` made, in this process
        account.clock.read = clock
        return account
