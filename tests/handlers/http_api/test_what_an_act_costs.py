"""What an act costs on top of the same change by an event: DynamoDB's rules, counted where the write is applied.

In the table an item of an act is a kilobyte at most: two units in a transaction. Its place in the index by time is one
more (developer guide, "Secondary indexes: write capacity"), which the stand-in does not bill.
"""

import json

import pytest

from saga_testing.deployment import Deployment
from saga_testing.http_door import HttpDoor
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event

INDEX = 1


@pytest.mark.parametrize(
    ("of", "more"),
    [("execution", 3), ("order", 4)],
    ids=["the event is a transaction already", "the event is a write by itself"],
)
def test_a_cancel_over_the_door_costs_so_much_more(stack: Deployment, door: HttpDoor, of: str, more: int) -> None:
    units = []
    for number in range(2):
        key = f"x-{number}"
        if of == "execution":
            stack.deliver(event("EXECUTION_REQUESTED", key))
            cancelled = event("EXECUTION_CANCELLED", key)
        else:
            stack.deliver(order_event("PLACED", key))
            cancelled = order_event("CANCELLED", key)
        if number:
            told = door.cancel(key, "execution_saga" if of == "execution" else "order_saga")
            assert told.status == 200, told.body
        else:
            stack.deliver(cancelled)
        units.append(stack.aws.dynamodb.last_write_units)

    by_event, by_act = units
    assert by_act + INDEX - by_event == more


def test_the_act_itself_is_a_kilobyte_at_most(stack: Deployment, door: HttpDoor) -> None:
    """Of the longest names, key and reason: or it would be billed twice."""
    key, name = "x" * 64, "execution_saga"
    stack.deliver(event("EXECUTION_REQUESTED", key))
    told = door.act("note", key, name, idempotency_key="k" * 128, body=json.dumps({"reason": "\u00fc" * 100}))

    assert told.status == 200
    assert stack.aws.dynamodb.last_write_units == 1
