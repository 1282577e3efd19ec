"""Figures of a run, and its verdict: every survivor is explained, and every explanation is still needed."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .explained import Explanation
from .fates import Fate
from .source import Key


@dataclass(frozen=True, slots=True)
class Result:
    file: str
    where: str
    line: int
    operator: str
    before: str
    after: str
    fate: Fate
    seconds: float

    @property
    def key(self) -> Key:
        return self.file, self.where, self.before, self.after


def line_of(result: Result) -> str:
    return json.dumps(asdict(result)) + "\n"


def load(path: Path) -> list[Result]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Result(**fields | {"fate": Fate(fields["fate"])}) for fields in map(json.loads, lines)]


def table(results: list[Result]) -> str:
    """One line a module, then all together. The rate leaves out what cannot be imported; a timeout was noticed."""
    files = list(dict.fromkeys(result.file for result in results))
    rows = [(file, [result for result in results if result.file == file]) for file in files]
    lines = [f"{'module':<32}{'mutants':>8}{'killed':>8}{'timeout':>8}{'survived':>9}{'broken':>8}{'rate':>8}"]
    for name, some in [*rows, ("all", results)]:
        count = {fate: sum(result.fate is fate for result in some) for fate in Fate}
        judged = len(some) - count[Fate.BROKEN]
        rate = (count[Fate.KILLED] + count[Fate.TIMEOUT]) / judged if judged else 1.0
        lines.append(
            f"{name:<32}{len(some):>8}{count[Fate.KILLED]:>8}{count[Fate.TIMEOUT]:>8}{count[Fate.SURVIVED]:>9}"
            f"{count[Fate.BROKEN]:>8}{rate:>8.1%}"
        )
    return "\n".join(lines)


def complaints(results: list[Result], explained: list[Explanation]) -> list[str]:
    """Survivors without an explanation, and explanations, of the files that were run, without a survivor."""
    known = {explanation.key for explanation in explained}
    survivors = {result.key for result in results if result.fate is Fate.SURVIVED}
    files = {result.file for result in results}
    return [
        *(
            f"not explained: {result.file}:{result.line} {result.operator}\n  - {result.before}\n  + {result.after}"
            for result in results
            if result.fate is Fate.SURVIVED and result.key not in known
        ),
        *(
            f"no survivor any more: {file} {where}\n  - {before}\n  + {after}"
            for file, where, before, after in sorted(known - survivors)
            if file in files
        ),
    ]
