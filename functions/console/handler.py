"""The console's files, for any browser that asks. It may do nothing but write its own log."""

from pathlib import Path
from typing import Any, Final

from saga_orchestrator.entrypoints.console_files.function import handle

SITE: Final = Path(__file__).parent / "site"


def lambda_handler(event: Any, _context: Any) -> Any:
    return handle(event, SITE)
