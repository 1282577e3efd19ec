"""The same files behind the template's own routes: `sagactl local up`, its issuer, and a browser."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.tools.console.conftest import sign_in


@pytest.fixture
def console(tmp_path: Path) -> Iterator[str]:
    ready = tmp_path / "ready.json"
    command = [str(Path(sys.executable).parent / "sagactl"), "local", "up", "--ready-file", str(ready)]
    with (tmp_path / "log").open("wb") as log:
        stack = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
    try:
        end = time.monotonic() + 240
        while not ready.exists() and stack.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        assert ready.exists(), (tmp_path / "log").read_text(encoding="utf-8")
        yield f"{json.loads(ready.read_text(encoding='utf-8'))['api']}/console/"
    finally:
        os.kill(stack.pid, signal.SIGINT)
        stack.wait(60)


def test_somebody_signs_in_and_looks_around(console: str, browser: Browser) -> None:
    page = browser.new_page()
    page.set_default_timeout(60_000)
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.goto(f"{console}#/executions/ex-1")
    sign_in(page, "operator")
    expect(page.locator("h1")).to_contain_text("Nothing is found under ex-1", timeout=60_000)
    for place, heading in (("", "Attention"), ("sagas", "Running and being taken back"), ("slots", "Slots")):
        page.evaluate("(place) => { location.hash = `#/${place}`; }", place)
        expect(page.locator("h1")).to_have_text(heading, timeout=60_000)
    page.close()

    assert [each for each in complaints if not each.startswith("Failed to load resource")] == []
