"""The list of planted bugs in docs/proofs.md. `python -m tests.proof.proving.document` writes it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.proof.proving.planted_bugs import PLANTED

DOCUMENT: Final = Path(__file__).parents[3] / "docs/proofs.md"
BEGIN, END = "<!-- planted bugs -->\n", "<!-- end of planted bugs -->\n"


def with_its_list(text: str) -> str:
    """The document with the list as it must be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    told = "".join(line + "\n" for line in lines())
    return f"{before}{BEGIN}{told}{END}{after}"


def lines() -> Iterator[str]:
    yield "| planted bug | found by | in a saga of the shape |"
    yield "|---|---|---|"
    yield from (f"| {bug.name} | {bug.search} | {bug.saga} |" for bug in PLANTED)


if __name__ == "__main__":
    DOCUMENT.write_text(with_its_list(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
