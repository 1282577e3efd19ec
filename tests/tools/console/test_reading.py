"""Each page shows what the API says, whatever that is."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import expect

from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.saga import Saga
from saga_testing.samples.parked_orders import replied, reserved_order, stuck_order
from saga_testing.samples.sample_events import event
from tests.tools.console.conftest import Visitor, sign_in
from tests.tools.console.stand import Json, Stand


def undo_parked(key: str = "o-undo") -> Saga:
    refused = replied(reserved_order(), "ship_order#1", Answer.REFUSED)
    return replace(replied(refused, "release_stock#1", Answer.REFUSED), execution_id=key)


def test_where_nothing_is_wrong_it_says_so(visitor: Visitor, stand: Stand) -> None:
    page = visitor.visit()

    expect(page.get_by_role("heading", name="Attention", level=1)).to_be_visible()
    expect(page.locator("main")).to_contain_text("Nothing waits for anybody.")


def test_what_is_wrong_is_counted_with_its_age_and_its_first_ones(visitor: Visitor, stand: Stand) -> None:
    stand.store(undo_parked(), replace(stuck_order(), execution_id="o-stuck"))
    page = visitor.visit()

    expect(page.locator(".tile", has_text="Parked")).to_contain_text("2")
    section = page.get_by_role("region", name="Parked")
    expect(section.get_by_role("link", name="o-undo")).to_be_visible()
    expect(section).to_contain_text("reserve stock")
    section.get_by_role("link", name="o-undo").click()
    expect(page.locator("h1")).to_contain_text("o-undo")


def test_what_is_still_being_asked_has_its_place_already(visitor: Visitor, stand: Stand) -> None:
    page = visitor.visit()
    tiles = page.locator(".tile .what")
    expect(page.locator(".tile", has_text="being asked")).to_have_count(0)
    told = tiles.all_text_contents()
    page.route("**/v1/**", lambda route: None if "parked" in route.request.url else route.continue_())  # never answered

    page.reload()
    sign_in(page, "operator")

    expect(page.locator(".tile", has_text="Parked")).to_contain_text("being asked")
    expect(page.locator(".tile", has_text="being asked")).to_have_count(1)
    assert tiles.all_text_contents() == told


def test_a_parked_saga_that_nobody_asks_any_more_says_that_only_a_person_moves_it(
    visitor: Visitor, stand: Stand
) -> None:
    saga = undo_parked()
    for entry in saga.ledger.entries:
        saga = replace(saga, ledger=saga.ledger.with_entry(replace(entry, due=None)))
    stand.store(saga)

    page = visitor.visit("#/sagas/order_saga/o-undo", "reader")

    expect(page.locator(".why")).to_contain_text("Nothing more happens to it by itself, unless a late answer comes.")


def test_one_saga_says_why_it_is_here_and_shows_its_steps_its_ledger_and_its_timeline(
    visitor: Visitor, stand: Stand
) -> None:
    stand.store(undo_parked())
    page = visitor.visit("#/sagas/order_saga/o-undo", "reader")

    expect(page.locator(".why")).to_have_text(
        re.compile(
            r"^It waits for a person: reserve stock \(refused\) is parked\. It is asked again in \d+ min( \d+ s)?; "
            r"an answer may still settle it\. The reason why it is being taken back is refused\. *$"
        )
    )
    picture = page.get_by_role("img")
    label = picture.get_attribute("aria-label") or ""
    assert "reserve credit: undo asked; reserve stock: undo parked; approve: not needed" in label
    assert "ship: refused (point of no return)" in label
    assert label.endswith("It is compensating.")
    expect(page.get_by_role("region", name="Steps", exact=True)).to_contain_text("undo parked")
    attempts = page.get_by_role("region", name="Attempts", exact=True)
    expect(attempts.get_by_role("row", name="release_stock#1 refused")).to_be_visible()
    facts = page.locator(".facts")
    expect(facts.locator("div", has_text="amount")).to_contain_text("7")
    expect(facts.locator("div", has_text="reservation of reserve stock")).to_contain_text("r-1")
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("a participant answered")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("order_saga:o-undo:ship_order#1")
    assert page.get_by_role("group", name="Verbs").count() == 0  # a reader has none
    begun = page.locator(".facts div", has_text="Begun")
    expect(begun).to_contain_text("2026-11-24 06:00:00 UTC")
    expect(begun).to_contain_text("07:00:00 here (+01:00)")


def test_problems_only_hides_the_rest(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"), event("EXECUTION_STARTED"), event("EXECUTION_FAILED", exit_code=137))
    page = visitor.visit("#/executions/ex-1")
    rows = page.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(rows).to_have_count(3)

    page.get_by_label("problems only").check()

    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("the run failed")


def test_an_owner_sees_his_own_and_is_refused_nothing(visitor: Visitor, stand: Stand) -> None:
    stand.store(
        replace(reserved_order(), execution_id="o-1"), replace(reserved_order(), execution_id="o-2", owner="bob")
    )

    page = visitor.visit("#/executions/o-1", "ada")
    expect(page.locator("h1")).to_contain_text("o-1")
    page.evaluate("location.hash = '#/executions/o-2'")
    expect(page.locator("h1")).to_contain_text("Nothing is found under o-2")
    page.evaluate("location.hash = '#/executions/o-3'")
    expect(page.locator("h1")).to_contain_text("Nothing is found under o-3")

    page.evaluate("location.hash = '#/'")
    expect(page.locator("h1")).to_have_text("Your executions")
    expect(page.locator("tbody th a")).to_have_text(["o-1"])
    assert page.get_by_role("navigation").get_by_role("link").all_inner_texts() == ["Yours"]
    assert "ApiRefusals" not in stand.counted.counts, "what is refused rings"


def test_a_list_is_filtered_in_the_address_and_saved_as_a_file(visitor: Visitor, stand: Stand) -> None:
    for number in range(4):
        stand.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    page = visitor.visit("#/sagas?has=ex-2")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.locator(".count")).to_have_text("1 of 4, and no more")

    page.get_by_label("Has").fill("ex-3")
    expect(page.get_by_role("link", name="ex-3")).to_be_visible()
    assert page.url.endswith("#/sagas?has=ex-3")
    with page.expect_download() as saved:
        page.get_by_role("button", name="JSON").click()
    content = json.loads(saved.value.path().read_text(encoding="utf-8"))
    assert [saga["execution_id"] for saga in content["sagas"]] == ["ex-3"]
    assert content["complete"] is True


def test_more_goes_on_where_the_page_ended(visitor: Visitor, stand: Stand) -> None:
    for number in range(99):
        stand.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    page = visitor.visit("#/sagas")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    expect(page.locator(".count")).to_have_text("50 loaded, and there are more")

    page.get_by_role("button", name="More").click()
    expect(rows).to_have_count(99)
    expect(page.locator(".count")).to_have_text("99, and no more")
    assert len(set(rows.locator("th a").all_inner_texts())) == 99


def test_what_comes_and_goes_is_announced_and_nothing_moves_by_itself(visitor: Visitor, stand: Stand) -> None:
    for number in (2, 3):
        stand.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    page = visitor.visit("#/sagas")
    names = page.locator("tbody th a")
    expect(names).to_have_count(2)
    before = names.all_inner_texts()

    stand.deliver(event("EXECUTION_REQUESTED", "ex-1"), event("EXECUTION_COMPLETED", before[0]))
    page.clock.run_for(6000)

    announced = page.get_by_role("button", name="1 new. 1 moved on or gone.")
    expect(announced).to_be_visible()
    assert names.all_inner_texts() == before
    announced.click()
    expect(page.get_by_role("link", name="ex-1")).to_be_visible()
    assert sorted(names.all_inner_texts()) == sorted(["ex-1", before[1]])


def test_it_asks_again_while_somebody_looks_and_not_when_paused(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/executions/ex-1")
    expect(page.locator("h1 .state")).to_have_text("running")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Paused")).to_be_visible()
    page.wait_for_timeout(300)
    asked = len(stand.asked)

    stand.deliver(event("EXECUTION_STARTED"), event("EXECUTION_COMPLETED"))
    page.clock.run_for(60_000)
    page.wait_for_timeout(300)
    assert len(stand.asked) == asked
    expect(page.locator(".age").first).to_contain_text("min")

    page.keyboard.press("p")
    expect(page.locator("h1 .state")).to_have_text("completed")
    saga = [each for each in stand.asked if each["requestContext"]["http"]["path"].endswith("/execution_saga/ex-1")]
    assert saga[-1]["headers"]["if-none-match"].startswith('"v')


def test_a_failing_api_leaves_what_was_shown_and_says_so(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/sagas")
    expect(page.get_by_role("link", name="ex-1")).to_be_visible()
    problem = {"code": "store_refuses", "detail": "A store or its index cannot be used as it is: ask an administrator."}
    stand.instead = lambda _event: {"statusCode": 503, "headers": {}, "body": json.dumps(problem)}

    page.clock.run_for(6000)

    expect(page.get_by_role("alert")).to_contain_text("A store or its index cannot be used as it is")
    expect(page.get_by_role("link", name="ex-1")).to_be_visible()


ODD: dict[str, Any] = {
    "execution_id": "ex-1",
    "saga_name": "saga_of_tomorrow",
    "state": "hibernating",
    "reason": {"nested": [1]},
    "parked": "a text",
    "timeline": [{"at": "yesterday", "cause": "eclipse"}, {}, {"at": None, "messages": 7}],
    "steps": [{"step": "x", "standing": "sleeping"}, {}],
    "deadline": "soon",
    "messages": None,
    "limits": {},
    "etag": '"v1-1"',
}


def test_what_it_does_not_understand_it_shows_as_it_came(visitor: Visitor, stand: Stand) -> None:
    unreadable = {"execution_id": "ex-9", "saga_name": "execution_saga", "unreadable": "state is no letter"}

    bodies: dict[str, Any] = {
        "GET /v1/sagas": {"order": "x", "sagas": [ODD, unreadable, {}]},
        "GET /v1/executions/{execution_id}": {"sagas": [ODD, unreadable]},
        "GET /v1/sagas/{name}/{key}": ODD,
    }

    def odd(asked: Json) -> Json | None:
        body = bodies.get(asked["routeKey"])
        return {"statusCode": 200, "headers": {}, "body": json.dumps(body)} if body else None

    stand.instead = odd
    page = visitor.visit("#/sagas")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody")).to_contain_text("hibernating")
    expect(page.locator("tbody")).to_contain_text("state is no letter")
    page.evaluate("location.hash = '#/executions/ex-1'")
    expect(page.locator("main")).to_contain_text("2 sagas go by this id")
    page.get_by_role("link", name="saga of tomorrow").click()
    expect(page.locator(".why")).to_contain_text("Its state is “hibernating”, which this console does not know.")
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("eclipse")
    page.evaluate("location.hash = '#/'")
    expect(page.locator("h1")).to_have_text("Attention")


CANARIES = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u202eevil\u2066",
    "\U0001d518\U0001f701",
    "{{7*7}}",
]


@pytest.mark.parametrize("canary", CANARIES)
def test_users_words_are_text_and_never_markup(visitor: Visitor, stand: Stand, canary: str) -> None:
    stand.deliver(event("EXECUTION_REQUESTED"))
    page = visitor.visit("#/executions/ex-1")
    known = page.evaluate("document.querySelectorAll('*').length") and stand.door

    def told(asked: Json) -> Json | None:
        if asked["routeKey"] not in {"GET /v1/sagas/{name}/{key}", "GET /v1/sagas/{name}/{key}/acts", "GET /v1/sagas"}:
            return None
        fields = dict.fromkeys(("owner", "image", "reason", "error_type", "ended_by", "language", "pod_name"), canary)
        entry = {"at": "2026-11-24T06:00:00.000Z", "cause": canary, "event_id": canary, "messages": [canary]}
        act = {"at": entry["at"], "actor": canary, "reason": canary, "verb": "note", "result": canary, "target": canary}
        saga = {"execution_id": "ex-1", "saga_name": "execution_saga", "state": "failed", "timeline": [entry], **fields}
        body = {"sagas": [saga], "acts": [act]} if not asked["routeKey"].endswith("{key}") else saga
        return {"statusCode": 200, "headers": {}, "body": json.dumps(body)}

    assert known
    stand.instead = told
    page.keyboard.press("r")
    for place in ("#/executions/ex-1", "#/sagas", "#/"):
        page.evaluate(f"location.hash = {json.dumps(place)}")
        expect(page.locator("main")).to_contain_text(canary)
        assert page.locator("#root img, #root script, #root iframe").count() == 0
        assert (
            page.evaluate(
                "(canary) => [...document.querySelectorAll('main *')].filter((e) => e.children.length === 0 && "
                "e.textContent.includes(canary) && !e.closest('bdi, code, option')).map((e) => e.outerHTML)",
                canary,
            )
            == []
        ), "users' words stand apart, whatever their direction"
