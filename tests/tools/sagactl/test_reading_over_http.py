"""`sagactl list --order` and `show` over the HTTP API: the facts that the table has, for whoever may see them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from saga_orchestrator.application.describing import details
from saga_testing.deployment import EXECUTIONS_AND_ORDERS
from saga_testing.samples.parked_orders import stuck_order
from saga_testing.samples.sample_events import event
from tests.tools.sagactl.test_verbs_over_http import Counter


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    counter = Counter()
    for command in ("list", "show", "verbs"):
        monkeypatch.setattr(f"sagactl.commands.{command}.deployment", lambda _target: counter.stack)
    monkeypatch.setattr("sagactl.commands.show.relay_lag", lambda _stack: 1.5)
    yield counter
    counter.front.close()


def listed(counter: Counter, *words: str) -> list[str]:
    return [each["execution_id"] for each in counter.gets("list", *words)["sagas"]]


def test_each_order_that_is_served_is_listed(counter: Counter) -> None:
    stack = counter.deployment
    for name in ("REQUESTED", "STARTED", "FAILED"):
        stack.deliver(event(f"EXECUTION_{name}", "ex-failed"))
    stack.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    stack.advance(1)
    stack.deliver(event("EXECUTION_REQUESTED", "ex-2"))
    counter.put(replace(stuck_order(), deadline=None, deadline_shard=None))

    assert listed(counter, "--order", "deadlines") == ["ex-1", "ex-2"]
    assert listed(counter, "--order", "ended") == ["ex-failed"]
    assert listed(counter, "--order", "parked") == ["o-1"]
    told = counter.gets("list", "--order", "deadlines", "--limit", "1")
    assert (told["order"], len(told["sagas"]), told["more"], told["unreadable"]) == ("deadlines", 1, True, [])
    page = counter.types("list", "--order", "parked").stdout
    assert "parked since" in page
    assert "o-1" in page


def test_what_cannot_be_read_is_told_beside_the_list(counter: Counter) -> None:
    counter.put(stuck_order(), replace(stuck_order(), execution_id="o-2"))
    key = {"execution_id": {"S": "o-2"}, "saga_name": {"S": "order_saga"}}
    counter.deployment.aws.dynamodb.update_item(TableName="sagas", Key=key, UpdateExpression="REMOVE dv")

    outcome = counter.types("list", "--order", "parked", "--output", "json")

    assert "o-2 was passed over" in outcome.stderr
    told = counter.gets("list", "--order", "parked")
    assert [each["execution_id"] for each in told["sagas"]] == ["o-1"]
    assert [each["execution_id"] for each in told["unreadable"]] == ["o-2"]
    code, line = counter.told("show", "o-2")
    assert (code, line.startswith("o-2: "), "reconcile" in line) == (1, True, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--order", "parked", "--state", "running"), "--state: no order"),
        (("--order", "parked", "--since", "1h", "--reason", "x"), "--reason, --since: no order"),
        (("--order", "parked", "--owner", "ada"), "go together"),
        (("--order", "owner"), "go together"),
        (("--order", "parked", "--direct"), "leave one of them"),
        (("--api", "https://there"), "wants an --order"),
        (("--order", "owner", "--owner", "ada"), "Served is order=deadlines"),
    ],
)
def test_what_no_order_is_served_with_is_one_line(counter: Counter, words: tuple[str, ...], said: str) -> None:
    counter.deployment.wire.calls.clear()
    code, line = counter.told("list", *words)

    assert code == 2
    assert said in line
    assert counter.deployment.wire.calls == []


def test_where_there_is_no_api_no_order_is_served(counter: Counter) -> None:
    del counter.outputs["ApiUrl"]

    assert counter.told("list", "--order", "parked") == (
        2,
        "stack sagas has no HTTP API: deploy it with Api=iam, or leave --order",
    )


def test_one_execution_is_shown_with_what_is_stored_and_what_people_did(counter: Counter) -> None:
    counter.put(stuck_order())
    counter.gets("note", "o-1", "I have it")

    (shown,) = counter.gets("show", "o-1")

    assert [(act["verb"], act["reason"], act["verified"]) for act in shown["acts"]] == [("note", "I have it", True)]
    stored = counter.deployment.saga("o-1", "order_saga")
    assert stored is not None
    assert shown == {
        **details(stored, EXECUTIONS_AND_ORDERS.named),
        "etag": f'"v{stored.version}-{stored.created_at}"',
        "relay_lag_seconds": 1.5,
        "acts": shown["acts"],
    }
    page = counter.types("show", "o-1").stdout
    assert "What people did" in page
    assert "the relay's lag: 1.5 s" in page


def test_what_is_not_there_or_may_not_be_seen_is_one_line(counter: Counter) -> None:
    assert counter.told("show", "never-was") == (1, "There is nothing of that name that you may see.")
    assert counter.told("show", "../me")[0] == 2
    counter.secret = "forged"
    assert counter.told("show", "never-was")[0] == 2
    assert counter.told("list", "--order", "parked")[0] == 2
