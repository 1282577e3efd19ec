"""The stream of one saga, recorded write by write: for an AWS behind the deployment that has no stream of its own."""

from typing import Any

from saga_testing.aws.dynamodb.stream_record import as_lambda_image
from saga_testing.deployment import Deployment
from saga_testing.samples.sample_events import event


class History:
    def __init__(self, deployment: Deployment, *key: str) -> None:
        """`key`: of a saga that is none of an execution's, its own key and its definition's name."""
        self.deployment = deployment
        self.key = key
        self.records: list[dict[str, Any]] = []
        self.last: dict[str, Any] | None = None

    @classmethod
    def of(cls, deployment: Deployment, *event_types: str) -> "History":
        history = cls(deployment)
        for name in event_types:
            history.deliver(event(name))
        return history

    def deliver(self, detail: dict[str, Any]) -> None:
        self.deployment.deliver(detail)
        item = self.deployment.item(*(self.key or (detail["execution_id"],)))
        assert item is not None
        record: dict[str, Any] = {
            "eventName": "MODIFY" if self.last else "INSERT",
            "dynamodb": {"SequenceNumber": str(100 + len(self.records)), "NewImage": as_lambda_image(item)},
        }
        if self.last:
            record["dynamodb"]["OldImage"] = as_lambda_image(self.last)
        self.records.append(record)
        self.last = item
