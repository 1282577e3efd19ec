"""`python -m tests.proof.mutation`: change the core in every small way, one at a time. Do the tests notice?"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from . import forked, report
from .explained import explanations
from .fates import Fate
from .mutants import Mutant, mutants_of
from .report import Result
from .scope import PACKAGE, PACKAGES, STAGES, WORK, module_name, modules, short
from .source import Key

LAST_RUN = WORK / "results.jsonl"
SLACK = 8
"""A mutant is given so many times what the unchanged code needs: the machine may be busy."""
LEAST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Stage:
    tests: Sequence[str]
    timeout: float


def judge(work: tuple[Mutant, Sequence[Stage]]) -> Result:
    mutant, stages = work
    path = PACKAGE / mutant.file
    fate, seconds = Fate.SURVIVED, 0.0
    for stage in stages:
        output = WORK / f"output-{os.getpid()}.txt"
        fate, spent = forked.run(module_name(path), path, mutant.text, stage.tests, stage.timeout, output)
        seconds += spent
        if fate is not Fate.SURVIVED:
            break
    return Result(
        mutant.file, mutant.where, mutant.line, mutant.operator, mutant.before, mutant.after, fate, round(seconds, 2)
    )


@cache
def measured(tests: tuple[str, ...]) -> Stage:
    """How long a stage takes on the unchanged code, which must pass it."""
    path = modules()[0]
    output = WORK / "unchanged.txt"
    fate, seconds = forked.run(module_name(path), path, path.read_text(encoding="utf-8"), tests, 600.0, output)
    if fate is not Fate.SURVIVED:
        sys.exit(f"the unchanged code does not pass {' '.join(tests)}: see {output}")
    return Stage(tests, max(LEAST_SECONDS, SLACK * seconds))


def stages_of(package: str, *, quick: bool) -> list[Stage]:
    stages = STAGES[:-1] if quick else STAGES
    return [measured(tuple(path.format(package=package) for path in tests)) for tests in stages]


def chosen(options: argparse.Namespace, survived: set[Key]) -> Iterator[Mutant]:
    for path in modules():
        if options.only and short(path) not in options.only:
            continue
        yield from (mutant for mutant in mutants_of(path) if not options.again or mutant.key in survived)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.mutation", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--only", nargs="*", default=[], help="modules, as the report names them: domain/decide.py")
    parser.add_argument("--again", action="store_true", help="only those that survived the last run")
    parser.add_argument("--quick", action="store_true", help="the unit tests alone, for work on tests")
    options = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    began = time.monotonic()
    forked.prepare()
    survived = {result.key for result in report.load(LAST_RUN) if result.fate is Fate.SURVIVED}
    stages = {package: stages_of(package, quick=options.quick) for package in PACKAGES}
    results = _run(((mutant, stages[mutant.package]) for mutant in chosen(options, survived)), options.jobs)
    if not results:
        parser.error("there is nothing to mutate: --only takes names as the report has them, --again an earlier run")
    complaints = report.complaints(results, explanations())
    sys.stdout.write(
        f"{report.table(results)}\n\n{len(results)} mutants in {(time.monotonic() - began) / 60:.0f} minutes\n"
    )
    for complaint in complaints:
        sys.stdout.write(f"\n{complaint}\n")
    sys.stdout.write("\nevery survivor is explained\n" if not complaints else f"\n{len(complaints)} to explain\n")
    return 1 if complaints else 0


def _run(work: Iterable[tuple[Mutant, list[Stage]]], jobs: int) -> list[Result]:
    results = []
    with (
        multiprocessing.get_context("fork").Pool(jobs) as pool,
        LAST_RUN.open("w", buffering=1, encoding="utf-8") as journal,
    ):
        for done, result in enumerate(pool.imap(judge, work, chunksize=1), start=1):
            results.append(result)
            journal.write(report.line_of(result))
            if result.fate is Fate.SURVIVED or done % 100 == 0:
                sys.stdout.write(f"{done} {result.fate} {result.file}:{result.line} {result.operator}\n")
                sys.stdout.flush()
    return results


if __name__ == "__main__":
    sys.exit(main())
