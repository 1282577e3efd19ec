"""Events that cannot work, and what the list says of them."""

import json
from typing import Any

from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator


def listed(operator: Operator, *filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operator.gets("rejected", "list", *filters)["rejected"]
    return found


def rejected(operator: Operator, over: str, wrong: dict[str, Any]) -> dict[str, Any]:
    """Send an event that cannot work; what the list says of it."""
    before = {each["id"] for each in listed(operator)}
    getattr(operator.client, f"over_{over}")(wrong)
    fresh = operator.eventually(lambda: [each for each in listed(operator) if each["id"] not in before])
    operator.eventually(lambda: operator.client.rejected() > len(before))
    (fact,) = fresh
    return dict(fact)


def redriven(operator: Operator, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    (result,) = operator.gets("rejected", "redrive", *arguments, "--yes", exit_code=exit_code)
    return dict(result)


def put(operator: Operator, key: str, content: Any) -> None:
    operator.aws("s3").put_object(Bucket=operator.ready["payload_bucket"], Key=key, Body=json.dumps(content).encode())


def unknown_version(event_type: str, execution_id: str) -> dict[str, Any]:
    return event(event_type, execution_id, event_version="9.9")
