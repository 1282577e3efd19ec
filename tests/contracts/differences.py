"""Where a stand-in is known to answer otherwise than AWS documents: data, checked exactly, and rendered for readers."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.contracts.case import Case
from tests.contracts.suite import CASES, CHAPTERS

RECORD: Final = Path(__file__).with_name("differences.json")
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "emulators.md"
LONGEST_SHOWN: Final = 90

SIMULATION, REPAIRED_MOTO, RAW_MOTO, MINISTACK = "simulation", "moto, repaired", "moto", "ministack"
STAND_INS: Final = {
    SIMULATION: "`infra/saga_testing/aws`, under the deterministic simulator",
    REPAIRED_MOTO: "moto 5.2.5 with `infra/local_stack/aws/moto_repairs/repairs.py`, under the local stack",
    RAW_MOTO: "moto 5.2.5 as it comes, for information",
    MINISTACK: "ministack 1.5.33, an emulator that shares no code with the others",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """`right` says whose answer this project takes for AWS's."""

    emulator: str
    case: str
    does: str
    right: str


def shown(observation: Any) -> str:
    """An observation as text; what is too long is cut, with a digest of the whole, so that it still compares."""
    text = repr(observation)
    if len(text) <= LONGEST_SHOWN:
        return text
    return f"{text[: LONGEST_SHOWN - 20]}... (SHA-256 {hashlib.sha256(text.encode()).hexdigest()[:8]})"


def recorded() -> list[Difference]:
    return [Difference(**each) for each in json.loads(RECORD.read_text(encoding="utf-8"))]


def write(differences: Iterable[Difference]) -> None:
    """In the order of the stand-ins and of the cases, so that a change is easy to review."""
    stand_ins, cases = list(STAND_INS), [case.name for case in CASES]
    ordered = sorted(differences, key=lambda each: (stand_ins.index(each.emulator), cases.index(each.case)))
    lines = [
        json.dumps(
            {"emulator": each.emulator, "case": each.case, "does": each.does, "right": each.right}, ensure_ascii=False
        )
        for each in ordered
    ]
    RECORD.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def problem(emulator: str, case: Case, observation: str) -> str | None:
    """What is not as recorded about one case (its observation as `shown`); None when all is as recorded."""
    known = {each.case: each for each in recorded() if each.emulator == emulator}.get(case.name)
    if observation == shown(case.expected):
        if known is None:
            return None
        return f"{emulator} now does as AWS: remove its line `{case.name}` from {RECORD.name}"
    if known is None:
        return f"{emulator}, {case.name}: {observation}, where {case.source} says {shown(case.expected)}"
    if known.does != observation:
        return f"{emulator}, {case.name}: {observation}, where {RECORD.name} says {known.does}"
    return None


_LOCAL_STACK: Final = (
    "The local stack asks moto by two shorter ways than a client does. Its poller reads the table's stream in the",
    "process, not with GetRecords over HTTP; a record is what GetRecords would give. Queries and the search for",
    "what has expired find items by the keys of their index, where moto walks the table; moto sorts and filters",
    "them as ever, and the cases of moto, repaired, hold with it. Kafka is librdkafka's mock cluster behind a",
    "gateway, which has the port, names itself as the broker and answers ApiVersions to clients that are newer",
    "than the cluster. The cluster has four partitions a topic, keeps 5 MB each, and forgets at exit; no case",
    "here is about it.",
)


def document() -> str:
    """docs/emulators.md."""
    known = recorded()
    lines = [
        "# What the stand-ins for AWS do differently",
        "",
        "Rendered by `python -m tests.contracts.document` from the cases in `tests/contracts` and from",
        "`tests/contracts/differences.json`; a test keeps it current. Nothing here was run on AWS:",
        "what AWS does is taken from the page of its documentation that each case names.",
        "",
        "| stand-in | what it is | cases | as AWS documents | otherwise |",
        "|---|---|---|---|---|",
    ]
    for name, description in STAND_INS.items():
        count = sum(each.emulator == name for each in known)
        lines.append(f"| {name} | {description} | {len(CASES)} | {len(CASES) - count} | {count} |")
    lines += ["", *_LOCAL_STACK, "", "## Cases", ""]
    lines += [f"- {chapter.title}: {len(chapter.cases)}" for chapter in CHAPTERS]
    by_name = {case.name: case for case in CASES}
    for name in STAND_INS:
        of_this = [each for each in known if each.emulator == name]
        if of_this:
            lines += ["", f"## {name}", "", *_table(of_this, by_name)]
    return "\n".join(lines) + "\n"


def _table(differences: list[Difference], by_name: Mapping[str, Case]) -> list[str]:
    lines = ["| case | it answers | AWS answers | who is right | source |", "|---|---|---|---|---|"]
    for each in differences:
        case = by_name[each.case]
        cells = (case.name, f"`{each.does}`", f"`{shown(case.expected)}`", each.right, case.source)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines
