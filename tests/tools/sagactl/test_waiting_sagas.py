"""What `sagactl show`, `list` and `graph` tell of a saga that waits: steps, attempts, undos, what is parked."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import Deployment
from saga_testing.samples.sample_orders import order_event, reply
from sagactl.commands.graph import mermaid
from sagactl.commands.list import _row
from sagactl.commands.show import _page
from sagactl.deployment import Deployment as Stack
from sagactl.table.sagas import details, readable, summary
from sagas.order import ORDER


class Shop(Deployment):
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.advance(1)
            self.check()

    def details(self) -> dict[str, Any]:
        connection: Any = SimpleNamespace(client=lambda _service: self.aws.dynamodb, is_local=True)
        (saga,) = readable(Stack("sagas", {"TableName": "sagas"}, connection), [])
        return {**details(saga), "relay_lag_seconds": 1.5, "acts": []}

    def row(self) -> list[str]:
        return _row(summary(self.at.store.get("o-1", ORDER.name)))  # type: ignore[arg-type]  # it is there


@pytest.fixture
def shop() -> Shop:
    return Shop()


def page(facts: dict[str, Any]) -> str:
    console = Console(width=200, record=True, file=None)
    with console.capture() as captured:
        for each in _page(facts):
            console.print(each)
    return captured.get()


def test_an_order_that_was_not_placed_yet_waits_for_that(shop: Shop) -> None:
    shop.deliver(order_event("APPROVED"))

    assert (shop.details()["waits_for"], shop.details()["steps"]) == ("ORDER_PLACED", [])


def test_what_is_awaited_is_the_answer_to_an_attempt_and_until_when(shop: Shop) -> None:
    shop.deliver(order_event("PLACED"))
    due = rfc3339(shop.now + 30_000)
    facts = shop.details()

    assert (facts["waits_for"], facts["waits_until"]) == ("the answer to reserve_credit, attempt 1", due)
    assert facts["steps"] == [
        {
            "step": "reserve_credit",
            "standing": "asked",
            "attempts": 1,
            "unanswered": [1],
            "undos": 0,
            "looked_at": due,
            "parked_since": None,
            "reason": None,
        }
    ]
    assert "Steps" in page(facts)


def test_attempts_without_an_answer_and_pauses_are_told(shop: Shop) -> None:
    shop.deliver(order_event("PLACED"))
    shop.wait(31)
    shop.deliver(reply("reserve_credit#2", "failed"))
    facts = shop.details()

    assert facts["waits_for"] == "the time to ask for reserve_credit again"
    assert (facts["steps"][0]["standing"], facts["steps"][0]["unanswered"]) == ("failed, to be asked again", [1])


def test_an_approval_is_awaited_by_the_names_of_its_events(shop: Shop) -> None:
    shop.deliver(order_event("PLACED", amount=5000))
    for message in ("reserve_credit#1", "reserve_stock#1"):
        shop.deliver(reply(message))

    assert shop.details()["waits_for"] == "ORDER_APPROVED or ORDER_DECLINED"


def test_an_undo_that_is_parked_is_told_in_both(shop: Shop) -> None:
    shop.deliver(order_event("PLACED"))
    shop.deliver(reply("reserve_credit#1"))
    shop.deliver(reply("reserve_stock#1", "refused"))
    assert shop.details()["waits_for"] == "the undo of reserve_credit, attempt 1"
    assert shop.row()[1] == "compensating\nrefused"
    shop.wait(95)
    facts = shop.details()

    assert facts["parked"] == ["reserve_credit"]
    assert facts["waits_for"] == "an operator, or a late answer: the undo of reserve_credit is parked"
    assert shop.row()[1] == "compensating (parked)\nrefused"
    parked = facts["steps"][0]
    assert (parked["standing"], parked["undos"]) == ("undo parked", 3)
    assert f"undo parked since {parked['parked_since']}" in page(facts)
    assert (parked["reason"], facts["steps"][1]["reason"]) == ("no_answer", "refused")
    assert facts["errors"][0]["message"] == "reserve_stock#1"
    assert "release_credit#3" in page(facts)
    assert "amount" in page(facts)
    shop.deliver(reply("release_credit#1"))
    assert (shop.details()["waits_for"], shop.details()["parked"]) == (None, [])


def test_the_chart_of_a_waiting_saga_is_its_definition() -> None:
    chart = mermaid(ORDER)
    labels = dict(re.findall(r'^ *(\w+)(?:\[|\{\{)"(.+)"', chart, re.MULTILINE))
    arrows = set(re.findall(r'^ *(\w+) -- "([^"]+)" --> (\w+)', chart, re.MULTILINE))
    plain = set(re.findall(r'^ *(\w+)(?:\(\[".+"\]\))? --> (\w+)', chart, re.MULTILINE))

    keys = [step.key for step in ORDER.steps]
    done = {here: there for here, why, there in arrows if why.startswith("done")}
    assert done == dict(zip(keys, [*keys[1:], "completed"], strict=True))
    back = {here: there for here, why, there in arrows if not why.startswith("done")}
    assert back == {
        "reserve_credit": "undo_reserve_credit",
        "reserve_stock": "undo_reserve_stock",
        "approve": "undo_reserve_stock",
        "ship": "undo_reserve_stock",
    }
    assert {("start", "reserve_credit"), ("stop", "undo_reserve_stock")} <= plain
    assert {("undo_reserve_stock", "undo_reserve_credit"), ("undo_reserve_credit", "ended")} <= plain
    assert "30 s, 3 attempts" in labels["reserve_credit"]
    assert "ORDER_DECLINED: refused" in labels["approve"]
    assert "point of no return" in labels["ship"]
    assert "EXECUTION" not in chart
