"""Which Chromium the tests of the console drive: the one that is named, the one that was fetched, or the machine's."""

import os
import shutil
from pathlib import Path
from typing import Final

from tests.tools.console.fetch_chromium import BINARY

NAMES: Final = ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "google-chrome-stable")
MISSING: Final = (
    "NO BROWSER: the console was not tested. Run `make chromium`, install a chromium, or say CHROMIUM=/path/to/one."
)


def executable() -> Path | None:
    """
    Raises:
        FileNotFoundError: CHROMIUM names none; whoever names one wants it to be used.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise FileNotFoundError(named)
        return Path(named)
    if BINARY.is_file():
        return BINARY
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None
