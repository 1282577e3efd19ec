"""Every link inside the project leads somewhere, and every command that the README gives exists."""

import re
from pathlib import Path

import pytest

from tests.release.docs.documents import README, ROOT, documents, text_of

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_local_link_resolves(document: Path) -> None:
    links = [link for link in LINK.findall(text_of(document)) if "://" not in link]

    assert [link for link in links if not _resolves(document, link)] == []


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z-]+)\b", text_of(README)))

    assert {"run", "test", "build"} <= named
    assert named - targets == set()


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [README]
    while waiting:
        document = waiting.pop()
        if document in reached or document.suffix != ".md":
            continue
        reached.add(document)
        links = [link.partition("#")[0] for link in LINK.findall(text_of(document)) if "://" not in link]
        waiting += [(document.parent / link).resolve() for link in links if link]

    assert [str(each.relative_to(ROOT)) for each in documents() if each.resolve() not in reached] == []


def _resolves(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists():
        return False
    return not anchor or anchor in {_anchor(line) for line in text_of(target).splitlines() if line.startswith("#")}


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, punctuation dropped, blanks to hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower()).replace(" ", "-")
