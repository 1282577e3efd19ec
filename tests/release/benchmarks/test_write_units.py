"""What a saga's writes cost, and how large its item is, by DynamoDB's rules and the items that were really stored."""

import pytest

from tests.release.benchmarks.billing import KB, Meter, Write, item_size
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import QuietWorld, ordinary

HAPPY = ("EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_COMPLETED")
OWNER = {"cancelled_by": "user-7d9f2c41"}


def writes_of(world: QuietWorld, name: str) -> list[Write]:
    with Meter(world.at.sdk.dynamodb) as meter:
        world.deliver(ordinary(name, **(OWNER if name == "EXECUTION_CANCELLED" else {})))
    return meter.writes


def test_write_units_of_a_whole_happy_saga(deployment: QuietWorld, report: Report) -> None:
    deployment.with_ordinary_names()
    deployment.at.counters.open("python", 100, 8)  # a language's very first claim costs more, once
    total = 0
    for name, target in zip(HAPPY, (5, 4, 6), strict=True):
        writes = writes_of(deployment, name)
        note = " + ".join(
            f"{write.operation}{'' if write.obeyed else ' refused'} {write.table_units}+{write.index_units}"
            for write in writes
        )
        units = sum(write.units for write in writes)
        total += units
        assert report.exactly(f"write units: {name}", target, units, f"{note}; table+index")
    assert report.exactly("write units: whole happy saga", 15, total)


@pytest.mark.parametrize(
    "path",
    [
        HAPPY,
        ("EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_FAILED"),
        ("EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_TIMEOUT"),
        ("EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_CANCELLED"),
        ("EXECUTION_STARTED", "EXECUTION_REQUESTED", "EXECUTION_FAILED"),
    ],
    ids=lambda path: "-".join(name.removeprefix("EXECUTION_").lower() for name in path),
)
def test_the_item_is_at_most_one_kb_at_every_write(
    deployment: QuietWorld, report: Report, path: tuple[str, ...]
) -> None:
    deployment.with_ordinary_names()
    deployment.at.counters.open("python", 100, 8)

    sizes = [write.saga_bytes for name in path for write in writes_of(deployment, name) if write.saga_bytes]

    short = ", ".join(name.removeprefix("EXECUTION_").lower() for name in path)
    held = report.at_most(f"item bytes: {short}", KB, max(sizes), " -> ".join(map(str, sizes)))
    assert len(sizes) == 3
    assert held


def test_the_size_of_an_item_is_counted_as_documented() -> None:
    assert item_size({"id": {"S": "\u00e9"}, "n": {"N": "1795500000000"}, "b": {"B": b"abc"}}) == 4 + 5 + 4
    assert item_size({"m": {"M": {"k": {"BOOL": True}}}, "l": {"L": [{"S": "ab"}]}}) == (1 + 3 + 1 + 1 + 1) + (
        1 + 3 + 3
    )
