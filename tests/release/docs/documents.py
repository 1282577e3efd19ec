"""The project's Markdown files, and the marked blocks in them that code writes."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
README: Final = ROOT / "README.md"
COSTS: Final = ROOT / "docs" / "costs.md"
ARCHITECTURE: Final = ROOT / "docs/architecture.md"
OWN_SAGA: Final = ROOT / "docs/define-your-own-saga.md"


def documents() -> list[Path]:
    return [
        README,
        *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def block(document: Path, name: str) -> str:
    """What stands between `<!-- name -->` and `<!-- end name -->`, without the blank lines around it."""
    found = re.search(rf"<!-- {name} -->\n+(.*?\n)\n*<!-- end {name} -->", text_of(document), re.DOTALL)
    assert found is not None, f"{document.name} has no block {name}"
    return found[1]


def code_blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(document), re.DOTALL | re.MULTILINE)
