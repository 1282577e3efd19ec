"""What an order costs: calls, units and bytes of each write, by the items that were really stored."""

import uuid
from typing import Any

from saga_testing.deployment import EXECUTIONS_AND_ORDERS
from saga_testing.samples.sample_orders import order_event, reply
from sagas.order import ORDER
from tests.release.benchmarks.billing import KB, Meter
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import QuietWorld

ORDER_ID = "3f0c8a52-6d1e-4b7f-9a90-0c5d2e8b7f14"
USUAL: dict[str, Any] = {
    "customer": "cust-7d9f2c41",
    "amount": 129.9,
    "items": [{"sku": "SKU-4711-XL", "quantity": 2}, {"sku": "SKU-0815", "quantity": 1}],
}
RESERVATION = {"reservation": "r" * 64}


def ordinary(made: dict[str, Any]) -> dict[str, Any]:
    """With ids as long as they are in practice."""
    made["event_id"] = str(uuid.uuid4())
    if "metadata" in made:
        made["metadata"] = {"service_name": "shop", "correlation_id": str(uuid.uuid4()), "user_id": "user-7d9f2c41"}
    return made


def happy() -> list[tuple[str, dict[str, Any]]]:
    return [
        ("ORDER_PLACED", order_event("PLACED", ORDER_ID, **USUAL)),
        ("reply: credit", reply("reserve_credit#1", order_id=ORDER_ID)),
        ("reply: stock", reply("reserve_stock#1", order_id=ORDER_ID, data=RESERVATION)),
        ("reply: shipped", reply("ship_order#1", order_id=ORDER_ID)),
    ]


def test_calls_units_and_bytes_of_an_order_without_approval(deployment: QuietWorld, report: Report) -> None:
    """One unit to create and one to enter the index; a reply is one read, one write, and two where the due moves."""
    deployment.register(EXECUTIONS_AND_ORDERS)
    total, reads, sizes = 0, 0, []
    expected = {"ORDER_PLACED": (0, 2), "reply: credit": (1, 3), "reply: stock": (1, 3), "reply: shipped": (1, 2)}
    for name, detail in happy():
        deployment.now += 1000
        with Meter(deployment.at.sdk.dynamodb) as meter:
            deployment.deliver(ordinary(detail))
        gets, writes = meter.requests.count("GetItem"), meter.writes
        units = sum(write.units for write in writes)
        assert (gets, len(writes), len(meter.requests)) == (expected[name][0], 1, expected[name][0] + 1)
        note = f"{writes[0].operation} {writes[0].table_units}+{writes[0].index_units}; table+index"
        assert report.exactly(f"write units: {name}", expected[name][1], units, note)
        total, reads = total + units, reads + gets
        sizes.append(writes[0].saga_bytes)

    assert report.exactly("write units: whole order without approval", 10, total)
    assert report.exactly("consistent reads: whole order without approval", 3, reads)
    assert report.at_most("item bytes: order", KB, max(sizes), " -> ".join(map(str, sizes)))
    saga = deployment.at.store.get(ORDER_ID, ORDER.name)
    assert saga is not None
    assert sum(len(entry.messages) for entry in saga.timeline) == 6
    assert saga.state == "completed"


def test_what_changes_nothing_is_read_and_not_written(deployment: QuietWorld, report: Report) -> None:
    deployment.register(EXECUTIONS_AND_ORDERS)
    for _, detail in happy():
        deployment.deliver(ordinary(detail))
    with Meter(deployment.at.sdk.dynamodb) as meter:
        deployment.deliver(ordinary(reply("reserve_credit#1", order_id=ORDER_ID)))

    assert meter.requests == ["GetItem"]
    assert report.exactly("write units: a second reply", 0, sum(write.units for write in meter.writes))
