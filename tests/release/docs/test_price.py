"""The README's prices are the arithmetic's, and the arithmetic counts what the handlers really do."""

import re
import sys
import uuid

import pytest
from aws_lambda_powertools import Logger, Metrics

from saga_orchestrator.adapters.telemetry import Telemetry
from saga_testing.history import History
from saga_testing.moto_world import World
from tests.release.benchmarks.billing import Meter
from tests.release.benchmarks.scenes import ordinary
from tests.release.docs import price
from tests.release.docs.documents import COSTS, README, block, text_of

HAPPY = ("EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_COMPLETED")


def test_the_readme_shows_the_table() -> None:
    assert block(COSTS, "price") == price.render()


def test_the_readme_names_the_sum() -> None:
    named = re.findall(r"about \$(\d+) per million happy sagas", text_of(README))

    assert named == [f"{price.total():.0f}"]


def test_the_scripts_put_is_more_than_half_of_the_writes_price() -> None:
    assert price.WRITE_UNITS * price.WRITE_UNIT / 2 < price.S3_PUT < price.WRITE_UNITS * price.WRITE_UNIT


def test_the_counts_are_those_of_the_handlers(
    world: World,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A logger keeps the stream it was made with, so one that other tests have made would write elsewhere.
    world.report_to(
        Telemetry(Logger(service="price", stream=sys.stdout, location=None), Metrics(namespace="SagaOrchestrator"))
    )
    world.at.counters.open("python", 100, 8)  # a language's very first claim is no part of a saga's price
    world.calls.clear()
    history = History(world)
    execution_id = str(uuid.uuid4())
    with Meter(world.at.sdk.dynamodb) as meter:
        for name in HAPPY:
            history.deliver(ordinary(name, execution_id))
    owing = [record for record in history.records if "outbox" in record["dynamodb"]["NewImage"]]
    for record in owing:
        world.relay(record)

    assert sum(write.units for write in meter.writes) == price.WRITE_UNITS
    assert [name for name, _ in world.calls].count("PutObject") == price.SCRIPT_PUTS
    assert len(HAPPY) == price.EVENTS_IN
    assert len(owing) == price.RELAYED_RECORDS
    assert len(world.published) == price.MESSAGES_OUT
    assert price.OWN_LOG_BYTES / 2 < len(capsys.readouterr().out.encode()) <= price.OWN_LOG_BYTES
