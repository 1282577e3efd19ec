"""What people do through the browser: confirmed by name, once, on what they saw, and on record."""

import json
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.saga import Saga
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order
from saga_testing.samples.sample_events import event
from tests.tools.console.conftest import Visitor
from tests.tools.console.stand import Json, Stand


def undo_parked(key: str = "o-1") -> Saga:
    refused = replied(reserved_order(), "ship_order#1", Answer.REFUSED)
    return replace(replied(refused, "release_stock#1", Answer.REFUSED), execution_id=key)


def unanswered_order() -> Saga:
    return replace(stuck_order(*[Answer.FAILED] * 3), execution_id="o-1")


def acts(stand: Stand) -> list[dict[str, str]]:
    items = stand.stack.aws.dynamodb.scan(TableName="operator")["Items"]
    return [{name: item[name]["S"] for name in ("verb", "actor", "reason", "door")} for item in items]


def sent(stand: Stand) -> list[Json]:
    return [asked for asked in stand.asked if asked["routeKey"].startswith("POST ")]


def confirm(page: Page, verb: str, key: str, reason: str = "seen to") -> None:
    page.get_by_role("group", name="Verbs").get_by_role("button", name=verb, exact=True).click()
    dialog = page.get_by_role("dialog", name=f"{verb} {key}")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=f"{verb} {key}").click()


@pytest.mark.parametrize(
    ("saga", "verb", "state", "told"),
    [
        (undo_parked(), "Retry", "compensating", "Asked for again: the answer is not here yet."),
        (undo_parked(), "Resolve", "compensating", "Done: it is compensating."),
        (undo_parked(), "Skip", "compensating", "Done: it is compensating."),
        (unanswered_order(), "Undo", "compensating", "Done: it is compensating."),
        (undo_parked(), "Note", "compensating, parked", "Noted."),
    ],
)
def test_each_verb_is_done_shown_and_on_record(
    visitor: Visitor, stand: Stand, saga: Saga, verb: str, state: str, told: str
) -> None:
    stand.store(saga)
    page = visitor.visit("#/sagas/order_saga/o-1", "admin")

    confirm(page, verb, "o-1")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("h1 .state")).to_have_text(state)
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("person/local-admin")
    assert acts(stand) == [{"verb": verb.lower(), "actor": "person/local-admin", "reason": "seen to", "door": "jwt"}]
    (asked,) = sent(stand)
    assert asked["headers"]["if-match"] == f'"v{saga.version}-{saga.created_at}"'


def test_a_cancel_shows_the_saga_as_committed(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"), event("EXECUTION_STARTED"))
    page = visitor.visit("#/executions/ex-1")
    page.get_by_role("button", name="Cancel", exact=True).click()
    dialog = page.get_by_role("dialog", name="Cancel ex-1")
    expect(dialog).to_contain_text("everything that it has done is taken back")
    dialog.get_by_role("button", name="Cancel ex-1").click()

    expect(page.locator("h1 .state")).to_have_text("cancelled")
    expect(page.locator(".why")).to_contain_text("It was ended by person/local-operator.")
    expect(page.get_by_role("group", name="Verbs").get_by_role("button", name="Cancel")).to_have_count(0)


def test_verbs_follow_the_role_and_the_saga(visitor: Visitor, stand: Stand) -> None:
    stand.store(undo_parked(), replace(unanswered_order(), execution_id="o-2"))
    stand.deliver(event("EXECUTION_REQUESTED"), event("EXECUTION_COMPLETED"))
    by_person = {
        "operator": {"order_saga/o-1": ["Retry", "Resolve", "Note", "Republish"]},
        "admin": {
            "order_saga/o-1": ["Retry", "Resolve", "Skip", "Note", "Republish"],
            "order_saga/o-2": ["Retry", "Resolve", "Undo", "Note", "Republish"],
            "execution_saga/ex-1": ["Note", "Republish"],
        },
    }
    for person, verbs in by_person.items():
        page = visitor.visit("", person)
        for place, wanted in verbs.items():
            page.evaluate("(place) => { location.hash = `#/sagas/${place}`; }", place)
            expect(page.locator("h1 .mono")).to_have_text(place.partition("/")[2])
            expect(page.get_by_role("group", name="Verbs").get_by_role("button")).to_have_text(wanted)


def test_without_a_reason_where_one_is_needed_and_with_one_too_long_nothing_is_sent(
    visitor: Visitor, stand: Stand
) -> None:
    stand.store(undo_parked())
    page = visitor.visit("#/sagas/order_saga/o-1")
    page.get_by_role("button", name="Resolve", exact=True).click()
    dialog = page.get_by_role("dialog")
    button = dialog.get_by_role("button", name="Resolve o-1")
    expect(button).to_be_disabled()
    dialog.get_by_label("Reason").fill("ü" * 101)
    expect(button).to_be_disabled()
    expect(dialog).to_contain_text("A reason has at most 200 bytes; this one has 202.")
    dialog.get_by_role("button", name="Do nothing").click()

    expect(dialog).to_have_count(0)
    assert sent(stand) == []


def test_who_decided_on_another_version_sees_what_changed_and_is_asked_again(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/executions/ex-1")
    page.keyboard.press("p")
    page.get_by_role("button", name="Cancel", exact=True).click()
    stand.deliver(event("EXECUTION_STARTED"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel ex-1").click()

    expect(dialog.get_by_role("alert")).to_contain_text("The saga is not as it was when you decided")
    changes = dialog.get_by_role("table", name="What has changed since you looked")
    expect(changes).to_contain_text("EXECUTION_STARTED")
    expect(changes).to_contain_text("the end of the run")
    expect(dialog.get_by_role("button", name="Cancel ex-1")).to_have_count(0)
    assert acts(stand) == []

    dialog.get_by_role("button", name="Decide on it as it is now").click()
    expect(dialog.get_by_role("button", name="Cancel ex-1")).to_be_enabled()
    assert len(sent(stand)) == 1, "deciding anew sends nothing by itself"
    dialog.get_by_role("button", name="Cancel ex-1").click()

    expect(page.locator("h1 .state")).to_have_text("cancelled")
    first, second = sent(stand)
    assert first["headers"]["if-match"] != second["headers"]["if-match"]


def test_where_nothing_is_left_to_do_nothing_is_offered(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/executions/ex-1")
    page.keyboard.press("p")
    page.get_by_role("button", name="Cancel", exact=True).click()
    stand.deliver(event("EXECUTION_COMPLETED"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel ex-1").click()

    expect(dialog).to_contain_text("As it is now, there is nothing left to cancel.")
    expect(dialog.get_by_role("button", name="Cancel ex-1")).to_be_disabled()


def test_a_lost_answer_is_sent_again_under_the_same_key_and_done_once(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/executions/ex-1")
    real = stand.instead

    def lost(asked: Json) -> dict[str, Any] | None:
        if not asked["routeKey"].startswith("POST "):
            return None
        stand.instead = real
        stand.performed(asked)
        return {"statusCode": 503, "headers": {}, "body": json.dumps({"code": "unavailable", "detail": "No answer."})}

    stand.instead = lost
    confirm(page, "Cancel", "ex-1")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It is not known whether it was done.")
    dialog.get_by_role("button", name="Send the same again").click()

    expect(page.get_by_text("That was done already, by this very request.")).to_be_visible()
    assert len(acts(stand)) == 1
    assert len({asked["headers"]["idempotency-key"] for asked in sent(stand)}) == 1


def test_by_the_keyboard_alone_an_execution_is_found_and_cancelled(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit()
    page.keyboard.press("/")
    page.keyboard.type("ex-1")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("ex-1")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_visible()
    reach(page, "Cancel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("asked for")
    reach(page, "Cancel ex-1")
    page.keyboard.press("Enter")

    expect(page.locator("h1 .state")).to_have_text("cancelled")
    assert acts(stand)[0]["reason"] == "asked for"


def reach(page: Page, name: str) -> None:
    """By the tab key; what has the focus is to be seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
    msg = f"{name} cannot be reached"
    raise AssertionError(msg)


def test_escape_leaves_the_dialog_and_does_nothing(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/executions/ex-1")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("h1 .state")).to_have_text("running")
    assert sent(stand) == []
