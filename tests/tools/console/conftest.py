"""A browser for all tests of the console, a stand for each, and eyes on everything that a browser complains of."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.tools.console.chromium import MISSING, executable
from tests.tools.console.stand import Stand

EYES = """addEventListener("securitypolicyviolation", (e) =>
  console.error(`POLICY ${e.effectiveDirective} ${e.blockedURI} ${e.sample}`));"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = executable()
    if found is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        expect.set_options(timeout=20_000)  # machines are busy; what is right is there in a blink
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand()
    yield stand
    stand.close()


class Visitor:
    """Somebody at a browser. `complaints` is whatever the browser finds wrong with the page."""

    def __init__(self, browser: Browser, stand: Stand) -> None:
        self._browser, self._stand = browser, stand
        self.complaints: list[str] = []
        self._contexts: list[BrowserContext] = []

    def visit(self, place: str = "", person: str = "operator", **context: Any) -> Page:
        """Signs in on the way, as one of those whom the issuer knows."""
        page = self.open(f"/console/{place}", **context)
        sign_in(page, person)
        return page

    def open(self, path: str, **context: Any) -> Page:
        """The browser's clock begins where the stack's stands."""
        given = {
            "viewport": {"width": 1280, "height": 860},
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            **context,
        }
        made = self._browser.new_context(**given)
        made.set_default_timeout(30_000)
        made.add_init_script(EYES)
        made.clock.install(time=self._stand.stack.now / 1000)
        self._contexts.append(made)
        page = made.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{error}"))
        page.goto(f"{self._stand.url}{path}")
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # That an answer was a 404 or a 412 is the test's business.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def sign_in(page: Page, person: str) -> None:
    """On the issuer's page, to which the console has sent the browser."""
    page.get_by_role("button", name=person, exact=True).click()
    page.wait_for_selector("#root h1")


@pytest.fixture
def visitor(browser: Browser, stand: Stand) -> Iterator[Visitor]:
    visitor = Visitor(browser, stand)
    yield visitor
    visitor.close()
    assert visitor.complaints == []


@pytest.fixture
def visit(visitor: Visitor) -> Callable[..., Page]:
    return visitor.visit
