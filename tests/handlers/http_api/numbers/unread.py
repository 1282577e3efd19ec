"""Parts of the table that do not answer, or cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from saga_testing.deployment import Deployment
from tests.handlers.aws_answers import refusal


def spoil(stack: Deployment, key: str) -> None:
    name = {"execution_id": {"S": key}, "saga_name": {"S": "order_saga"}}
    stack.aws.dynamodb.update_item(TableName="sagas", Key=name, UpdateExpression="REMOVE dv")


@contextmanager
def index_answers(stack: Deployment, index: str, code: str, status: int) -> Iterator[None]:
    """Every query of that index is answered with an error."""
    client: Any = stack.aws.dynamodb
    original = client.query

    def query(**arguments: Any) -> Any:
        if arguments.get("IndexName") == index:
            raise refusal(code, status)
        return original(**arguments)

    client.query = query
    try:
        yield
    finally:
        client.query = original


@contextmanager
def no_counters(stack: Deployment) -> Iterator[None]:
    """Whatever is read of the counters is answered with an error."""
    client: Any = stack.aws.dynamodb
    original = client.get_item

    def get_item(**arguments: Any) -> Any:
        raise refusal("ThrottlingException", 400)

    client.get_item = get_item
    try:
        yield
    finally:
        client.get_item = original
