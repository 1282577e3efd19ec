"""A browser goes to the issuer and comes back to where it was; what it holds is gone with the page."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from saga_testing.samples.sample_events import event
from tests.tools.console.conftest import Visitor, sign_in
from tests.tools.console.stand import Stand


def test_a_deep_link_survives_signing_in_and_the_address_keeps_no_code(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED", "ex-1"))

    page = visitor.visit("#/executions/ex-1", "reader")

    assert page.url == f"{stand.url}/console/#/executions/ex-1"
    expect(page.locator("h1")).to_contain_text("ex-1")
    assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""]


def test_the_request_is_code_with_pkce_and_the_verifier_stays(visitor: Visitor, stand: Stand) -> None:
    page = visitor.open("/console/")
    page.wait_for_selector("button[name=person]")
    asked = dict(part.split("=", 1) for part in page.url.partition("?")[2].split("&"))

    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) == 43
    assert not {"code_verifier", "client_secret", "nonce"} & asked.keys()


def test_a_token_that_is_not_taken_any_more_leads_to_the_issuer_and_back(visitor: Visitor, stand: Stand) -> None:
    stand.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    page = visitor.visit("#/sagas")
    expect(page.get_by_role("link", name="ex-1")).to_be_visible()

    stand.instead = unauthorized
    page.clock.fast_forward(60_000)
    page.wait_for_selector("button[name=person]")
    stand.instead = lambda _event: None
    sign_in(page, "operator")

    assert page.url == f"{stand.url}/console/#/sagas"
    expect(page.get_by_role("link", name="ex-1")).to_be_visible()


def test_a_token_that_is_refused_at_once_is_not_fetched_again_for_ever(visitor: Visitor, stand: Stand) -> None:
    stand.instead = unauthorized
    page = visitor.visit()

    expect(page.get_by_role("heading", name="You cannot look at sagas yet")).to_be_visible()
    expect(page.locator("#root")).to_contain_text("does not take the token")
    assert stand.paths().count("/console/") == 2  # before signing in, and behind it


def unauthorized(_event: Any) -> dict[str, Any]:
    return {"statusCode": 401, "headers": {"content-type": "application/json"}, "body": '{"message":"Unauthorized"}'}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?code=stolen&state=guessed", "was not begun here"),
        ("?error=access_denied&error_description=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "<img src=x onerror="),
    ],
)
def test_what_was_not_begun_here_signs_nobody_in(visitor: Visitor, stand: Stand, query: str, told: str) -> None:
    page = visitor.open(f"/console/{query}")

    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.url == f"{stand.url}/console/"
    assert not [path for path in stand.paths() if path.startswith("/v1/")]
    assert page.locator("#root img").count() == 0


def test_somebody_who_has_no_role_is_told_so(visitor: Visitor, stand: Stand) -> None:
    stand.door.api.settings.role_map.clear()
    stand.door.api.settings.__dict__["owner_claim"] = ""
    page = visitor.visit(person="reader")

    expect(page.locator("#root")).to_contain_text("the stack gives your account no role")


def test_signing_out_leaves_nothing_that_asks(visitor: Visitor, stand: Stand) -> None:
    page = visitor.visit("#/me")
    page.get_by_role("button", name="Sign out here").click()
    expect(page.get_by_role("alert")).to_contain_text("You are signed out here")
    asked = len(stand.asked)

    page.clock.fast_forward(120_000)
    page.wait_for_timeout(300)

    assert len(stand.asked) == asked


def test_a_page_is_a_handful_of_requests(visitor: Visitor, stand: Stand) -> None:
    """Each is an invocation, and all of them come at once: they must fit into what is reserved."""
    page: Page = visitor.visit()
    files = [path for path in stand.paths() if path.startswith("/console/")]

    assert len(files) <= 10, files
    assert 5 <= len(set(files)) <= 6, files  # a headless browser shows no icon
    received = page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".filter((e) => e.name.includes('/console/')).reduce((sum, e) => sum + e.transferSize, 0)"
    )
    assert received < 60_000
