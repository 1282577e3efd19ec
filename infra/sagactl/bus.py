"""Events onto the stack's bus."""

import json
from collections.abc import Mapping
from typing import Any

from sagactl.deployment import Deployment
from sagactl.errors import NotDoneError


def put_event(stack: Deployment, source: str, event: Mapping[str, Any], detail_type: str | None = None) -> None:
    """Return when the bus has taken it; what a rule then does with it, its answer does not tell.

    `detail_type` is for an event whose type stands under another name.
    """
    answer = stack.client("events").put_events(
        Entries=[
            {
                "EventBusName": stack.event_bus,
                "Source": source,
                "DetailType": detail_type or event["event_type"],
                "Detail": json.dumps(event),
            }
        ]
    )
    # PutEvents succeeds as a call even when it takes none of its entries.
    if answer["FailedEntryCount"]:
        entry = answer["Entries"][0]
        raise NotDoneError(f"the bus refused the event: {entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")
