"""The verdict of a run: what is not explained, what needs no explanation any more, and the rates."""

from pathlib import Path

from tests.proof.mutation.explained import Explanation
from tests.proof.mutation.fates import Fate
from tests.proof.mutation.report import Result, complaints, line_of, load, table


def result(after: str, fate: Fate, file: str = "domain/a.py") -> Result:
    return Result(file, "f", 7, "NumberReplacer", "x = 1", after, fate, 0.5)


def explanation(after: str, file: str = "domain/a.py") -> Explanation:
    return Explanation(file, "f", "x = 1", after, "equivalent", "nobody reads x at all")


def test_a_survivor_is_explained_or_complained_of() -> None:
    survivor = result("x = 2", Fate.SURVIVED)

    assert complaints([survivor], [explanation("x = 2")]) == []
    (complaint,) = complaints([survivor], [])
    assert complaint == "not explained: domain/a.py:7 NumberReplacer\n  - x = 1\n  + x = 2"


def test_an_explanation_without_a_survivor_is_complained_of_where_its_file_was_run() -> None:
    for fate in (Fate.KILLED, Fate.TIMEOUT, Fate.BROKEN):
        (complaint,) = complaints([result("x = 2", fate)], [explanation("x = 2")])
        assert complaint == "no survivor any more: domain/a.py f\n  - x = 1\n  + x = 2"
    assert complaints([result("x = 2", Fate.KILLED)], [explanation("x = 2", file="domain/b.py")]) == []


def test_what_is_killed_needs_no_explanation() -> None:
    assert complaints([result("x = 2", Fate.KILLED), result("x = 0", Fate.TIMEOUT)], []) == []


def test_the_rate_counts_timeouts_as_noticed_and_leaves_out_what_cannot_be_imported() -> None:
    fates = [Fate.KILLED, Fate.KILLED, Fate.TIMEOUT, Fate.SURVIVED, Fate.BROKEN]

    rows = table([result(f"x = {number}", fate) for number, fate in enumerate(fates)]).splitlines()

    assert [row.split() for row in rows[1:]] == [
        ["domain/a.py", "5", "2", "1", "1", "1", "75.0%"],
        ["all", "5", "2", "1", "1", "1", "75.0%"],
    ]


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    results = [result("x = 2", Fate.SURVIVED), result('x = "\u00e4"\n', Fate.KILLED)]
    journal = tmp_path / "results.jsonl"
    journal.write_text("".join(map(line_of, results)), encoding="utf-8")

    assert load(journal) == results
    assert load(tmp_path / "none") == []
