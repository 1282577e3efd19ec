"""One change of one item, as the table's stream keeps it and as Lambda passes it on."""

import base64
from dataclasses import dataclass
from typing import Any, Final

from saga_testing.aws.dynamodb.attribute_values import item_size
from saga_testing.aws.errors import Item

INSERT: Final = "INSERT"
MODIFY: Final = "MODIFY"
REMOVE: Final = "REMOVE"
FIRST_SEQUENCE_NUMBER: Final = 100_000_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """`by_ttl`: deleted by the time-to-live service, not by a caller."""

    sequence_number: str
    event_name: str
    keys: Item
    old_image: Item | None
    new_image: Item | None
    created_at_ms: int
    by_ttl: bool
    table: str
    view_type: str = "NEW_AND_OLD_IMAGES"

    def as_lambda_record(self, arn: str, region: str = "us-east-1") -> dict[str, Any]:
        """The record inside an event of a stream mapping: binary values are base64 text, times are whole seconds."""
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": self.created_at_ms // 1000,
            "Keys": as_lambda_image(self.keys),
            "SequenceNumber": self.sequence_number,
            "SizeBytes": sum(item_size(image) for image in (self.keys, self.old_image, self.new_image) if image),
            "StreamViewType": self.view_type,
        }
        if self.old_image is not None:
            change["OldImage"] = as_lambda_image(self.old_image)
        if self.new_image is not None:
            change["NewImage"] = as_lambda_image(self.new_image)
        record = {
            "eventID": f"{int(self.sequence_number):032x}",
            "eventName": self.event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": region,
            "dynamodb": change,
            "eventSourceARN": arn,
        }
        if self.by_ttl:
            record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        return record


def as_lambda_image(image: Item) -> Item:
    """As Lambda delivers stream images: binary values are base64 text."""
    return {name: _value(value) for name, value in image.items()}


def _value(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {"B": base64.b64encode(content).decode()}
        case "BS":
            return {"BS": [base64.b64encode(member).decode() for member in content]}
        case "M":
            return {"M": as_lambda_image(content)}
        case "L":
            return {"L": [_value(element) for element in content]}
        case _:
            return value
