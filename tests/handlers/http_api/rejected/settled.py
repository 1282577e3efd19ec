"""What settling leaves on record, and an event that can be settled."""

import json

from saga_testing.deployment import Deployment
from saga_testing.samples.rejected_events import mend, reject, unknown_version
from saga_testing.samples.sample_events import event

WHY = json.dumps({"reason": "the producer was told"})


def acts(stack: Deployment) -> list[tuple[str, str]]:
    items = stack.aws.dynamodb.scan(TableName="operator")["Items"]
    found = [each for each in items if each["pk"]["S"].startswith("act#")]
    return sorted((each["verb"]["S"], each.get("result", {}).get("S", "")) for each in found)


def mended(stack: Deployment, execution_id: str = "ex-1") -> str:
    identifier = reject(stack, unknown_version(execution_id))
    mend(stack, identifier, event("EXECUTION_REQUESTED", execution_id))
    return identifier
