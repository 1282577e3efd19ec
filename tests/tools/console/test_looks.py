"""For everybody: no violation that axe knows of, in light and in dark; nothing sideways on a small screen; words that a
screen reader says; and many sagas as quick to be shown as few.
"""

from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import Page, expect

from saga_orchestrator.domain.flow.terms import Answer
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order
from saga_testing.samples.sample_events import event
from tests.tools.console.conftest import Visitor
from tests.tools.console.stand import Stand

PLACES = ("#/", "#/sagas", "#/parked", "#/sagas/order_saga/o-undo", "#/executions/ex-1", "#/rejected", "#/slots",
          "#/slots/python", "#/operations", "#/acts", "#/me", "#/executions/none", "#/nowhere")  # fmt: skip


@pytest.fixture
def busy(stand: Stand) -> Stand:
    refused = replied(replied(reserved_order(), "ship_order#1", Answer.REFUSED), "release_stock#1", Answer.REFUSED)
    stand.store(replace(refused, execution_id="o-undo"), replace(stuck_order(), execution_id="o-stuck"))
    stand.deliver(event("EXECUTION_REQUESTED", "ex-1"), event("EXECUTION_STARTED", "ex-1"))
    return stand


def settled(page: Page) -> None:
    """What was asked for has come."""
    expect(page.locator("h1")).to_have_count(1)
    expect(page.get_by_text("Asking the API.")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(visitor: Visitor, busy: Stand, scheme: Any) -> None:
    page = visitor.visit("", "admin", color_scheme=scheme)
    found: dict[str, Any] = {}
    for place in PLACES:
        page.evaluate("(place) => { location.hash = place; }", place)
        settled(page)
        found[place] = violations(page)
    page.evaluate("location.hash = '#/sagas/order_saga/o-undo'")
    page.get_by_role("button", name="Resolve", exact=True).click()
    found["dialog"] = violations(page)

    assert {place: each for place, each in found.items() if each} == {}


def violations(page: Page) -> list[str]:
    told = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in told for node in each["nodes"]]


def test_a_small_screen_never_scrolls_sideways(visitor: Visitor, busy: Stand) -> None:
    page = visitor.visit("", "admin", viewport={"width": 360, "height": 740})
    for place in PLACES:
        page.evaluate("(place) => { location.hash = place; }", place)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, place
        top = "(which) => document.querySelector(which).getBoundingClientRect().top"
        above = page.evaluate(top, "#main h1") - page.evaluate(top, "#main")
        assert above < 60, f"{place}: its heading comes first"


def test_what_a_screen_reader_says_of_a_saga(visitor: Visitor, busy: Stand) -> None:
    page = visitor.visit("#/sagas/order_saga/o-undo", "admin")
    settled(page)
    said = page.locator("body").aria_snapshot()

    for line in (
        '- navigation "Pages":',
        '- link "Attention":',
        '- searchbox "Find an execution by its id"',
        '- heading "o-undo compensating, parked" [level=1]',
        '- group "Verbs":',
        '- button "Resolve"',
        '- heading "Ledger" [level=2]',
        '- columnheader "Standing"',
        '- heading "Timeline problems only" [level=2]:',
        '- checkbox "problems only"',
    ):
        assert line in said, said
    assert 'img "reserve credit: undo asked; reserve stock: undo parked; approve: not needed; ship: refused' in said


def test_of_ten_thousand_sagas_the_first_view_asks_for_a_page(visitor: Visitor, stand: Stand) -> None:
    """Counted, not timed: what is read and sent does not grow with what there is."""
    sagas = [replace(reserved_order(), execution_id=f"o-{number}") for number in range(10_000)]
    stand.store(*sagas)
    page = visitor.visit("#/sagas")
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.locator(".count")).to_have_text("50 loaded, and there are more")

    asked = [path for path in stand.paths() if path.startswith("/v1/")]
    assert sorted(set(asked)) == ["/v1/me", "/v1/sagas"]
    (list_of_them,) = {path for path in asked if path.endswith("sagas")}
    with page.expect_response(lambda answer: answer.url.partition("?")[0].endswith(list_of_them)) as answered:
        page.keyboard.press("r")
    assert 5_000 < len(answered.value.body()) < 60_000
