"""The five incidents, each solved by what its section of docs/operations.md says to press in the console."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sagactl.incidents.catalogue import INCIDENTS, Incident
from tests.tools.console.conftest import sign_in
from tests.tools.sagactl.incident_guide import UNTIL, Follower, playing, section_of

LINKS = {
    "the first one": "tbody tr:first-child th a",
    "its execution": ".facts a[href^='#/executions/']",
    "the sample beside the owner": ".rows a[href^='#/executions/']",
}
TOLD = "h1 .state, .why, .told"
ENDS = {
    1: ("incident-1-order", "cancelled"),
    2: ("EXECUTION_ID", "completed"),
    3: ("incident-3", "cancelled"),
    4: ("incident-4-behind", "running"),
    5: ("EXECUTION_ID", "running"),
}


@dataclass(frozen=True)
class Row:
    """A line of the section's table."""

    page: str
    press: str
    reason: str
    says: str


def rows_of(incident: Incident) -> list[Row]:
    _, table = section_of(incident).split("| in the console | press | reason | it says |\n|---|---|---|---|\n")
    lines = re.findall(r"^\|(.*)\|$", table, re.MULTILINE)
    return [Row(*(cell.strip() for cell in line.split("|"))) for line in lines]


@dataclass
class Reader:
    """Somebody at a browser, with a terminal beside it for what no console can do: start a worker, send a request."""

    page: Page
    terminal: Follower
    actions: int = 0

    def follows(self, row: Row) -> None:
        if row.press.startswith("`sagactl "):
            self.actions += 1
            self.terminal.follows(row.press.strip("`"))
        elif row.page == "Find":
            self._finds(self.terminal.seen["execution_id"])
        else:
            self._goes_to(row.page)
            self._presses(row)
        if row.says:
            expect(self.page.locator(TOLD).filter(has_text=row.says).first).to_be_visible(timeout=UNTIL * 1000)

    def _goes_to(self, name: str) -> None:
        if name:
            self.actions += 1
            self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()

    def _finds(self, execution_id: str) -> None:
        self.actions += 1
        box = self.page.get_by_role("searchbox")
        box.fill(execution_id)
        box.press("Enter")

    def _presses(self, row: Row) -> None:
        self.actions += 1
        if row.press in LINKS:
            self.page.locator(LINKS[row.press]).first.click()
            return
        self.page.get_by_role("group", name="Verbs").get_by_role("button", name=row.press, exact=True).click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill(row.reason)
        dialog.locator("button[type=submit]").click()
        expect(dialog).to_have_count(0, timeout=UNTIL * 1000)


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.title.replace(" ", "-"))
def test_an_incident_is_solved_by_what_its_section_says_to_press(
    incident: Incident, browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with playing(incident, tmp_path) as (follower, up):
        page = browser.new_page()
        page.set_default_timeout(UNTIL * 1000)
        page.goto(f"{up.ready()['api']}/console/")
        sign_in(page, "operator")
        reader = Reader(page, follower)

        begun = time.monotonic()
        for row in rows_of(incident):
            reader.follows(row)
        seconds = time.monotonic() - begun

        page.close()
        ended, state = ENDS[incident.number]
        follower.sees(follower.seen["execution_id"] if ended == "EXECUTION_ID" else ended, state)
        assert follower.looks("rejected", "list")["rejected"] == []
        assert follower.looks("list", "--state", "compensating")["sagas"] == []
        told = {(act["verb"], act["reason"]) for act in follower.looks("acts")["acts"]}
        assert told == {(row.press.lower(), row.reason) for row in rows_of(incident) if row.reason}
    with capsys.disabled():
        print(f"\nincident {incident.number}, {incident.title}: {reader.actions} actions, {seconds:.1f} s")  # noqa: T201
