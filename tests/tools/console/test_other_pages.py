"""Rejected events, slots, operations, what ended badly and acts: shown, and acted on where the role allows."""

from dataclasses import replace

from playwright.sync_api import Page, expect

from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.saga import Saga
from saga_testing.samples.parked_orders import replied, reserved_order
from saga_testing.samples.rejected_events import reject, unknown_version
from saga_testing.samples.sample_events import event
from tests.tools.console.conftest import Visitor
from tests.tools.console.stand import Stand


def confirm(page: Page, button: str, reason: str = "", **fields: str) -> None:
    page.get_by_role("group", name="Verbs").get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        dialog.get_by_label(label).fill(value)
    dialog.get_by_label("Reason").fill(reason)
    dialog.locator("button[type=submit]").click()


def parked_orders(count: int) -> list[Saga]:
    refused = replied(replied(reserved_order(), "ship_order#1", Answer.REFUSED), "release_stock#1", Answer.REFUSED)
    return [replace(refused, execution_id=f"o-{number}") for number in range(count)]


def test_a_rejected_event_is_found_by_its_reason_and_dropped(visitor: Visitor, stand: Stand) -> None:
    reject(stand.stack, unknown_version("ex-7"))
    page = visitor.visit()
    tile = page.locator(".tile", has_text="Rejected")
    expect(tile).to_contain_text("1")
    expect(page.get_by_text("Nothing waits for anybody.")).to_have_count(0)
    tile.click()
    expect(page.locator("tbody")).to_contain_text("ex-7")
    page.locator("tbody th a").click()
    expect(page.locator(".why")).to_contain_text("It is open.")

    confirm(page, "Drop", "the producer was told")

    expect(page.locator(".why")).to_contain_text("It is dropped.")
    expect(page.get_by_role("region", name="Acts")).to_contain_text("the producer was told")
    expect(page.get_by_role("group", name="Verbs").get_by_role("button")).to_have_count(0)


def test_a_redrive_that_changes_nothing_says_so(visitor: Visitor, stand: Stand) -> None:
    identifier = reject(stand.stack, unknown_version("ex-7"))
    page = visitor.visit(f"#/rejected/{identifier}")

    confirm(page, "Redrive")

    expect(page.get_by_text("Done: rejected again.")).to_be_visible()
    expect(page.locator(".why")).to_contain_text("It came 2 times")


def test_that_nothing_waits_is_not_said_while_a_language_is_full_or_what_was_rejected_cannot_be_read(
    visitor: Visitor, stand: Stand
) -> None:
    stand.instead = lambda asked: (
        {
            "statusCode": 200,
            "headers": {"content-type": "application/json"},
            "body": '{"slots": [{"language": "go", "full": true}]}',
        }
        if asked["routeKey"] == "GET /v1/slots"
        else None
    )
    page = visitor.visit()
    expect(page.locator(".tile", has_text="Languages full")).to_contain_text("go")
    expect(page.locator(".tile", has_text="Parked")).to_contain_text("0")
    expect(page.get_by_text("Nothing waits for anybody.")).to_have_count(0)

    stand.instead = lambda asked: (
        {"statusCode": 503, "headers": {"content-type": "application/problem+json"}, "body": '{"code": "unavailable"}'}
        if asked["routeKey"] == "GET /v1/rejected/groups"
        else None
    )
    page = visitor.visit()
    expect(page.locator(".tile", has_text="Languages full")).to_contain_text("0")
    expect(page.locator(".tile", has_text="Parked")).to_contain_text("0")
    expect(page.get_by_text("Nothing waits for anybody.")).to_have_count(0)


def test_an_administrator_closes_a_language_and_opens_it(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/slots", "admin")
    expect(page.get_by_role("row", name="python")).to_contain_text("room")
    page.get_by_role("link", name="python").click()
    expect(page.locator(".why")).to_contain_text("1 of 100 are taken.")
    expect(page.locator(".rows")).to_contain_text("alice")

    confirm(page, "Close", "the registry is down")

    expect(page.get_by_text("Done: it holds from the next check on.")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("the registry is down")
    confirm(page, "Open")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert visitor.visit("#/slots/python", "operator").get_by_role("button", name="Close").count() == 0


def test_a_group_is_prepared_as_an_operation_and_begun(visitor: Visitor, stand: Stand) -> None:
    stand.store(*parked_orders(3))
    stand.stack.advance(60)
    page = visitor.visit("#/parked")
    page.get_by_role("region", name="Groups").get_by_role("button", name="Prepare a retry").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("stock is back")
    dialog.locator("button[type=submit]").click()

    expect(page.locator("h1")).to_have_text("Operation: retry 3")
    expect(page.get_by_role("region", name="The set").locator("tbody tr")).to_have_count(3)
    expect(page.locator(".why")).to_contain_text("It is prepared: left 3.")
    confirm(page, "Start", "stock is back")
    expect(page.locator(".why")).to_contain_text("It is running: left 3.")
    confirm(page, "Abort")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_ended_badly_and_who_did_what_are_listed(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"), event("EXECUTION_STARTED"), event("EXECUTION_FAILED", exit_code=137))
    page = visitor.visit("#/ended")
    expect(page.get_by_role("row", name="ex-1")).to_contain_text("failed")
    page.get_by_role("link", name="ex-1").click()
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_role("dialog").get_by_label("Reason").fill("looked at it")
    page.get_by_role("dialog").get_by_role("button", name="Note ex-1").click()
    expect(page.locator(".note")).to_contain_text("looked at it")
    page.get_by_role("link", name="Acts").click()
    expect(page.get_by_role("row", name="person/local-operator")).to_contain_text("looked at it")


def test_every_verb_that_somebody_has_is_explained(visitor: Visitor) -> None:
    page = visitor.visit("#/me", "admin")
    verbs = page.locator(".words").first
    expect(verbs).to_contain_text("Republish")
    expect(verbs).to_contain_text("Override")
    expect(verbs).to_contain_text("Redrive")
    expect(verbs).not_to_contain_text("This console does not know it.")
