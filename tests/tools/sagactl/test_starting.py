"""`sagactl request` with the start of another saga than an execution's: judged by its definition, and followed."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from sagactl.errors import NotUsableError
from sagactl.requesting.checked import checked
from sagactl.requesting.wrapping import Envelope, wrapped
from tests.tools.sagactl.conftest import Operator

ORDER: dict[str, Any] = {
    "event_type": "ORDER_PLACED",
    "metadata": {"user_id": "ada"},
    "customer": "c-1",
    "amount": 100,
    "items": [{"sku": "tea", "quantity": 1}],
}


def test_what_an_order_lacks_of_an_envelope_is_filled_in() -> None:
    ready = checked(ORDER)

    assert ready.execution_id == ready.event["order_id"]
    assert ready.event["order_id"].startswith("sagactl-")
    assert "execution_id" not in ready.event
    assert {"event_id", "event_version", "timestamp"} <= ready.event.keys()
    assert checked({**ORDER, "order_id": "o-7"}, "o-8").execution_id == "o-8"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": 0}, "amount"),
        ({"items": []}, "items"),
        ({"customer": None}, "customer"),
        ({"order_id": "not an id"}, "order_id: is missing or has other characters"),
        ({"metadata": {}}, "metadata.user_id"),
        ({"event_type": "ORDER_CANCELLED"}, "ORDER_CANCELLED starts no saga"),
        ({"event_type": "ORDER_LOST"}, "event_type must be EXECUTION_REQUESTED or ORDER_PLACED"),
    ],
)
def test_what_the_functions_would_refuse_is_not_sent(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(NotUsableError, match=said):
        checked({**ORDER, **fields})


def test_the_subject_of_a_cloud_event_is_the_order() -> None:
    ready = checked({**ORDER, "order_id": "o-7"})

    event = wrapped(ready.event, Envelope.STRUCTURED, ready.key_field)

    assert (event["type"], event["subject"]) == ("ORDER_PLACED", "o-7")
    assert "order_id" not in event["data"]


def test_an_order_is_sent_and_is_asked_about(operator: Operator, tmp_path: Path) -> None:
    order, file = f"o-{uuid.uuid4().hex[:12]}", tmp_path / "order.json"
    file.write_text(json.dumps(ORDER))

    sent = operator.types("request", str(file), "--execution-id", order, "--timeout", "3", "--output", "json")

    assert sent.exit_code == 3, "nobody answers for credit here"
    (saga,) = json.loads(operator.types("show", order, "--output", "json").stdout)
    assert (saga["saga_name"], saga["waits_for"]) == ("order_saga", "the answer to reserve_credit, attempt 1")
