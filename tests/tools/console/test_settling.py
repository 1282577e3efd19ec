"""What people settle from a page, to its end: an event that works now, limits, an operation, messages, one's own."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from saga_orchestrator.batch_bootstrap import BatchResources
from saga_orchestrator.entrypoints.runner_function import RunOperations
from saga_testing.http_door import ADMIN
from saga_testing.lambda_context import Context
from saga_testing.samples.rejected_events import mend, reject, unknown_version
from saga_testing.samples.sample_events import event
from tests.tools.console.conftest import Visitor
from tests.tools.console.stand import Json, Stand
from tests.tools.console.test_other_pages import confirm, parked_orders


def acts(stand: Stand) -> list[Json]:
    """What people did; what came of it is beside it."""
    items = stand.stack.aws.dynamodb.scan(TableName="operator")["Items"]
    found = [item for item in items if item.get("kind", {}).get("S") == "act" and "reason" in item]
    return [{name: item[name]["S"] for name in ("verb", "reason")} for item in found]


def later(stand: Stand) -> str:
    """As a field for date and time takes it, where the browser is."""
    then = datetime.fromtimestamp(stand.stack.now / 1000, ZoneInfo("Europe/Berlin")) + timedelta(hours=2)
    return then.strftime("%Y-%m-%dT%H:%M")


def test_what_works_now_is_redriven_and_its_execution_runs(visitor: Visitor, stand: Stand) -> None:
    identifier = reject(stand.stack, unknown_version("ex-7"))
    mend(stand.stack, identifier, event("EXECUTION_REQUESTED", "ex-7"))
    page = visitor.visit(f"#/rejected/{identifier}")

    confirm(page, "Redrive")

    expect(page.get_by_text("Done: redriven.")).to_be_visible()
    expect(page.locator(".why")).to_contain_text("It is redriven.")
    page.locator(".facts").get_by_role("link", name="ex-7").click()
    expect(page.locator("h1 .state")).to_have_text("running")


def test_another_limit_holds_from_the_next_check_on(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/slots/python", "admin")
    confirm(page, "Override", "a quiet night", Limit="7", Until=later(stand))

    expect(page.locator(".facts")).to_contain_text("limit 7 by person/local-admin: a quiet night until ")
    stand.runs(stand.stack.check)
    page.keyboard.press("r")
    expect(page.locator(".why")).to_contain_text("1 of 7 are taken.")


def test_whoever_decided_on_another_limit_changes_nothing(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/slots/python", "admin")
    page.keyboard.press("p")
    expect(page.locator(".why")).to_contain_text("1 of 100 are taken.")
    seen = stand.door.get("slots/{language}", path={"language": "python"}).json["etag"]
    headers = {"idempotency-key": "k-1", "if-match": seen}
    told = stand.door.ask("POST slots/{language}/close", ADMIN, path={"language": "python"}, headers=headers,
                          body='{"reason": "the registry is down"}')  # fmt: skip
    assert told.status == 200, told.body
    confirm(page, "Override", "a quiet night", Limit="7", Until=later(stand))

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("Close this: the page shows it as it is now.")
    expect(dialog.locator("button[type=submit]")).to_be_disabled()
    dialog.get_by_role("button", name="Do nothing").click()
    expect(page.locator(".facts")).to_contain_text("the registry is down")
    assert [act["reason"] for act in acts(stand)] == ["the registry is down"]


def test_all_languages_are_closed_and_opened(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/slots", "admin")
    row = page.get_by_role("row", name="python")
    for button, state in (("Close all", "closed"), ("Open all", "room")):
        confirm(page, button, "the registry is down")
        expect(page.locator(".note")).to_have_count(1 if state == "closed" else 0)
        stand.runs(stand.stack.check)
        page.keyboard.press("r")
        expect(row).to_contain_text(state)
    assert {act["verb"] for act in acts(stand)} == {"close", "open"}


def test_an_operation_is_followed_to_its_end(visitor: Visitor, stand: Stand) -> None:
    stand.store(*parked_orders(3))
    stand.stack.advance(60)
    page = visitor.visit("#/parked")
    page.get_by_role("button", name="Prepare a retry").click()
    submit(page, "stock is back")
    confirm(page, "Start", "stock is back")
    expect(page.locator(".why")).to_contain_text("It is running: left 3.")

    stand.runs(lambda: RunOperations(BatchResources(stand.stack.at)).run({}, Context(300_000)))
    page.keyboard.press("r")

    expect(page.locator(".why")).to_contain_text("It is ended: done 3.")
    expect(page.get_by_role("region", name="The set").get_by_role("row", name="done")).to_have_count(3)
    expect(page.get_by_role("group", name="Verbs").get_by_role("button")).to_have_count(0)
    page.get_by_role("region", name="The set").get_by_role("link").first.click()
    expect(page.locator("h1 .state")).to_have_text("compensating")


def test_what_runs_is_cancelled_in_groups(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(*(event("EXECUTION_REQUESTED", f"ex-{number}") for number in range(3)))
    stand.deliver(event("EXECUTION_REQUESTED", "ex-node", language="node"))
    stand.stack.advance(1)
    page = visitor.visit("#/sagas")
    assert "/v1/groups" not in stand.paths(), "all that runs is counted when somebody wants it"
    page.get_by_role("button", name="In groups").click()
    group = page.get_by_role("region", name="Groups").get_by_role("listitem").filter(has_text="python")
    group.get_by_role("button", name="Prepare a cancel").click()
    submit(page, "the senders agree")
    expect(page.locator("h1")).to_have_text("Operation: cancel 3")
    confirm(page, "Start", "the senders agree")
    stand.runs(lambda: RunOperations(BatchResources(stand.stack.at)).run({}, Context(300_000)))
    page.keyboard.press("r")

    expect(page.locator(".why")).to_contain_text("It is ended: done 3.")
    page.evaluate("location.hash = '#/sagas'")
    expect(page.locator("tbody th a")).to_have_text(["ex-node"])


def submit(page: Page, reason: str) -> None:
    page.get_by_role("dialog").get_by_label("Reason").fill(reason)
    page.get_by_role("dialog").locator("button[type=submit]").click()


def test_what_was_emitted_is_sent_again_and_what_was_not_is_said(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"), event("EXECUTION_COMPLETED"))
    page = visitor.visit("#/executions/ex-1")

    confirm(page, "Republish", "the bus was down")

    told = page.get_by_role("group", name="Verbs").get_by_role("status")
    expect(told).to_have_text("Sent again: 2. Not sent: execution_saga:ex-1:create_pod#1.")
    assert set(stand.stack.published_types()) == {"SAGA_STARTED", "SAGA_COMPLETED"}
    assert {"verb": "republish", "reason": "the bus was down"} in acts(stand)


def test_an_owner_cancels_his_own(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED", user_id="ada"))
    page = visitor.visit("#/executions/ex-1", "ada")
    buttons = page.get_by_role("group", name="Verbs").get_by_role("button")
    expect(buttons).to_have_text(["Cancel"])
    confirm(page, "Cancel", "no longer wanted")

    expect(page.locator("h1 .state")).to_have_text("cancelled")
    (act,) = acts(stand)
    assert (act["verb"], act["reason"]) == ("cancel", "no longer wanted")
    assert "ApiRefusals" not in stand.counted.counts
