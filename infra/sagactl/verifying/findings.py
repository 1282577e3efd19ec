"""What was looked at, and what came of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from saga_orchestrator.domain.errors import SagaError
from sagactl.errors import REFUSALS
from sagactl.options import explain


class Verdict(StrEnum):
    OK = "ok"
    WRONG = "wrong"
    NOT_LOOKED = "not looked at"


@dataclass(frozen=True)
class Finding:
    """One line of the table. `todo` is empty where nothing is to be done."""

    what: str
    verdict: Verdict
    found: str
    todo: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        return {"what": self.what, "verdict": str(self.verdict), "found": self.found, "to do": self.todo or None}


Look = Callable[[], Iterable[Finding]]


def fine(what: str, found: str) -> Finding:
    return Finding(what, Verdict.OK, found)


def wrong(what: str, found: str, todo: str) -> Finding:
    return Finding(what, Verdict.WRONG, found, todo)


def not_looked(what: str, why: str, todo: str) -> Finding:
    return Finding(what, Verdict.NOT_LOOKED, why, todo)


def looked(what: str, look: Look) -> Iterator[Finding]:
    """What `look` finds; what AWS refuses to show is a finding too, and keeps nobody from looking at the rest."""
    try:
        yield from look()
    except REFUSALS as refused:
        yield not_looked(what, explain(refused), "use credentials that may see it, or look when AWS answers")
    except SagaError as failure:
        yield not_looked(what, " ".join(str(failure).split()), "look again")


def exit_code(findings: Iterable[Finding]) -> int:
    """1 where something is wrong; 2 where nothing is, but not all could be seen."""
    verdicts = {finding.verdict for finding in findings}
    return 1 if Verdict.WRONG in verdicts else 2 if Verdict.NOT_LOOKED in verdicts else 0
