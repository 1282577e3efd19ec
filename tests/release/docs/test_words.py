"""One word for one thing: an event kept aside is *rejected*, *parked* is a step that waits for an operator."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.release.docs.documents import ROOT, documents

_KEPT = r"(?:event|message|record|entry|pointer|object|request|original|invocation|batch|image|input)s?"
_PARKED_EVENT = re.compile(
    rf"\b{_KEPT} (?:(?:is|are|was|were|be|been|gets?) )?(?:\w+ )?park(?:s|ed)\b"
    rf"|\bpark(?:s|ed|ing)? (?:(?:an?|the|its|their|rejected) )?{_KEPT}\b"
    r"|\brejected (?:and|or) parked|\bparked (?:and|or) rejected|Park(?:Rejected|Unpublishable|Event)|park-rejected"
    r"|\bparked with (?:its|their)|[Pp]arked: rejected",
    re.IGNORECASE,
)


def _texts() -> Iterator[Path]:
    yield from documents()
    yield from (ROOT / name for name in ("template.yaml", "Makefile", "samconfig.toml"))
    for room in ("functions", "layers", "infra", "tests"):
        yield from (path for path in (ROOT / room).rglob("*.py") if path != Path(__file__))


def test_no_text_says_parked_of_an_event() -> None:
    said = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _PARKED_EVENT.search(line)
    ]

    assert said == []


@pytest.mark.parametrize(
    ("line", "is_wrong"),
    [
        ("Rejected events are parked with their bytes", True),
        ("The relay parked a message that can never be published", True),
        ("it parks its event, rings", True),
        ("- Sid: ParkUnpublishable", True),
        ("A parked step is a standing with a mark", False),
        ("A refused undo is parked at once, a failed one after its attempts", False),
        ("the metric `StepsParked` counts them", False),
    ],
)
def test_the_search_tells_an_event_from_a_step(line: str, is_wrong: bool) -> None:
    assert (_PARKED_EVENT.search(line) is not None) == is_wrong
