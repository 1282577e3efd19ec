"""The participant as a process of its own, over a bus: it stands, answers, and gives its account."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local_participant import Behaviour, Fault, ParticipantNews, ParticipantOptions, ParticipantProcess
from stack_client import NotStartedError, subscription
from tests.tools.participant.samples import ORDER, command

BUS, REGION = "sagas", "us-east-1"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def client(endpoint: str) -> Callable[[str], Any]:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    session.client("events", endpoint_url=endpoint).create_event_bus(Name=BUS)
    return lambda service: session.client(service, endpoint_url=endpoint)


def put(events: Any, body: dict[str, Any]) -> None:
    entry = {"EventBusName": BUS, "Source": "saga-orchestrator", "DetailType": body["message_type"]}
    assert events.put_events(Entries=[{**entry, "Detail": json.dumps(body)}])["FailedEntryCount"] == 0


def test_commands_on_the_bus_are_answered_on_the_bus(endpoint: str, client: Callable[[str], Any]) -> None:
    faults = (Fault("late-", "RESERVE_CREDIT_COMMAND", Behaviour.LATE, seconds=0.2),)
    news: list[ParticipantNews] = []
    process = ParticipantProcess(ParticipantOptions(endpoint, REGION, BUS, faults=faults), news.append)
    pattern = {"source": ["executions"], "detail-type": ["COMMAND_REPLY"]}
    with subscription(client("events"), client("sqs"), BUS, "replies", pattern) as replies:
        process.start()
        put(client("events"), command("reserve_credit", order="late-1"))
        put(client("events"), command("reserve_stock"))
        heard: list[str] = []
        deadline = time.monotonic() + 20
        while len(heard) < 2 and time.monotonic() < deadline:
            heard += [delivery.body["in_reply_to"] for delivery in replies.receive(1)]
        account = process.stop()

    assert sorted(heard) == ["order_saga:late-1:reserve_credit#1", f"order_saga:{ORDER}:reserve_stock#1"]
    assert account is not None
    assert account.held == ("late-1 RESERVE_CREDIT_COMMAND", f"{ORDER} RESERVE_STOCK_COMMAND")
    assert {(each.key, each.what) for each in news} == {("late-1", "late"), (ORDER, "done")}
    assert not process.running


def test_one_that_finds_no_bus_says_so_in_one_line(endpoint: str) -> None:
    with pytest.raises(NotStartedError, match="could not be started") as caught:
        ParticipantProcess(ParticipantOptions(endpoint, REGION, "no-such-bus")).start()

    assert "\n" not in str(caught.value)
