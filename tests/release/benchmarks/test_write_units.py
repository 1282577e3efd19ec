"""What a saga's writes cost, and how large its item is, by DynamoDB's rules and the items that were really stored."""

import pytest

from tests.release.benchmarks.billing import KB, MARKS, Meter, Write, item_size
from tests.release.benchmarks.billing import OWNER as OF_OWNER
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.scenes import EXECUTION, QuietWorld, ordinary

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


@pytest.mark.parametrize("last", ["COMPLETED", "FAILED", "TIMEOUT", "CANCELLED"])
@pytest.mark.parametrize(("index", "key"), [("owner", OF_OWNER), ("marks", MARKS)])
def test_what_an_index_for_lists_costs_a_saga(
    deployment: QuietWorld, report: Report, index: str, key: tuple[str, str], last: str
) -> None:
    """One unit for the owner's list, where there is one: 16 for a happy saga. One for having ended badly."""
    deployment.with_ordinary_names()
    deployment.at.counters.open("python", 100, 8)
    name = f"EXECUTION_{last}"
    with Meter(deployment.at.sdk.dynamodb, indexes=(key,)) as meter:
        for each in (*HAPPY[:2], name):
            deployment.deliver(ordinary(each, **(OWNER if each == "EXECUTION_CANCELLED" else {})))

    target = 1 if index == "owner" or last != "COMPLETED" else 0
    assert report.exactly(f"index units: {index}, {last}", target, sum(write.index_units for write in meter.writes))


def test_a_flood_of_refusals_enters_no_list(deployment: QuietWorld) -> None:
    deployment.with_ordinary_names()
    deployment.at.counters.open("python", 0, 8)
    with Meter(deployment.at.sdk.dynamodb, indexes=(MARKS,)) as meter:
        deployment.deliver(ordinary(HAPPY[0]))
        deployment.deliver(ordinary(HAPPY[0], "invalid", language=7))

    assert [saga.state for key in (EXECUTION, "invalid") if (saga := deployment.saga(key))] == ["failed", "failed"]
    assert sum(write.index_units for write in meter.writes) == 0


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
