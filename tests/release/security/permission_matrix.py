"""What a function's role may do of what its own code calls: recorded at the SDK's seam, compared as whole sets."""

from collections.abc import Callable
from typing import Final

from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import kafka
from tests.release.security.called_actions import Grant, needed
from tests.release.template.deployment import API_FUNCTION, FED_FUNCTIONS, RUNNER, SAGA_WAKE, deploy
from tests.release.template.test_permissions import granted

ON_FAILURE: Final = {
    ("s3:PutObject", "<PayloadBucket.Arn>/aws/lambda/*"): "Lambda itself writes the on-failure object",
    ("s3:ListBucket", "<PayloadBucket.Arn>"): "Lambda asks for it before it accepts the bucket as a destination",
}
STREAM: Final = {
    (f"dynamodb:{action}", "<SagaTable.Arn>/stream/*"): "the stream's poller acts with the function's role"
    for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
}
LOGS: Final = {
    ("logs:CreateLogStream", "<CommandRelayLogGroup.Arn>"): "Lambda writes what the function prints",
    ("logs:PutLogEvents", "<CommandRelayLogGroup.Arn>"): "Lambda writes what the function prints",
}
QUEUE: Final = {
    (f"sqs:{action}", "<WakeQueue.Arn>"): "the queue's poller acts with the function's role"
    for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
}
AWS_SIDE: Final[dict[str, dict[Grant, str]]] = {
    **dict.fromkeys(FED_FUNCTIONS, ON_FAILURE),
    "TimeoutCheckerFunction": ON_FAILURE,
    SAGA_WAKE: ON_FAILURE | QUEUE,
    "CommandRelayFunction": ON_FAILURE | STREAM | LOGS,
    API_FUNCTION: {
        ("s3:ListBucket", "<PayloadBucket.Arn>"): "without it S3 calls bytes that have expired forbidden",
    },
    RUNNER: ON_FAILURE,
}
"""What AWS does in a function's name, which no call of our code shows. Each with its reason."""


def by_code(function: str, parameters: dict[str, str] | None = None) -> set[Grant]:
    """The grants that only the function's own code can need."""
    everything = granted(deploy(parameters), function)
    stale = AWS_SIDE[function].keys() - everything
    assert not stale, f"listed as needed by AWS and not granted: {stale}"
    return everything - AWS_SIDE[function].keys()


def calls_of(world: World, scenario: Callable[[], object]) -> set[Grant]:
    world.calls.clear()
    scenario()
    calls, world.calls = list(world.calls), []
    world.reconfigure()  # a container that has seen none of it
    return needed(calls)


def no_event(world: World, event_type: str) -> None:
    world.function(event_type).run(kafka(b"no event"), Context())


def one_batch(world: World, event_type: str, *details: dict[str, object]) -> None:
    world.function(event_type).run(kafka(*details), Context())
