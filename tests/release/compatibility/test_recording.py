"""The command that writes golden files adds to them and replaces none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.release.compatibility import corpus, record
from tests.release.compatibility.corpus import golden, load, text_of
from tests.release.compatibility.deployment import Json


def test_a_file_that_is_there_is_never_written_again(tmp_path: Path) -> None:
    kept, new, same = tmp_path / "1/kept.json", tmp_path / "1/new.json", tmp_path / "1/same.json"
    for file in (kept, same):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text_of({"item": "old"}))

    def made() -> Iterator[tuple[Path, Json]]:
        yield kept, {"item": "other"}
        yield same, {"item": "old"}
        yield new, {"item": "new"}

    assert record.write_new(made()) == ([new], [kept])
    assert (load(kept), load(new)) == ({"item": "old"}, {"item": "new"})


def test_everything_is_recorded() -> None:
    """So the command has nothing to add: a history without a file would be tested nowhere."""
    made = [
        *record.todays_events(),
        *record.todays_items(),
        *record.todays_waiting_items(),
        *record.newer_codes_items(),
        *record.todays_records(),
        *record.todays_counters(),
    ]

    assert [file for file, _ in made if not file.exists()] == []


def test_the_command_finds_nothing_to_complain_of() -> None:
    """Each kind beside its own files: the README tells people to run it, and to read what it says."""
    for make in (record.todays_events, record.todays_items, record.todays_waiting_items, record.todays_counters):
        assert record.write_new(make()) == ([], [])


def test_of_a_decoded_event_a_field_more_is_no_difference_and_of_an_item_it_is() -> None:
    assert record.says_the_same({"event": {}, "decoded": {"a": 1}}, {"event": {}, "decoded": {"a": 1, "b": 2}})
    assert not record.says_the_same({"event": {}, "decoded": {"a": 1}}, {"event": {}, "decoded": {"a": 2}})
    assert not record.says_the_same({"item": {"a": 1}}, {"item": {"a": 1, "b": 2}})


def test_a_golden_file_stands_in_the_form_in_which_it_is_written() -> None:
    files = [file for kind in corpus.GOLDEN.iterdir() for file in golden(kind.name)]

    assert len(files) >= 80
    assert [file.name for file in files if file.read_text(encoding="utf-8") != text_of(load(file))] == []


def test_a_field_that_was_added_is_left_out_of_the_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "ADDED_FIELDS", frozenset())
    assert corpus.as_ever('{"a": "ä", "b":1}') == '{"a": "ä", "b":1}'
    monkeypatch.setattr(corpus, "ADDED_FIELDS", frozenset({"b"}))
    assert corpus.as_ever('{"a":"ä","b":1}') == '{"a":"ä"}'


@pytest.mark.parametrize(
    ("known", "today", "wrong"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": 1}, {"b": 2}, [".a: 1 is now None"]),
        ({"a": [1, 2]}, {"a": [1]}, [".a: [1, 2] is now [1]"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2, "c": 3}]}, [".a[0].b: 1 is now 2"]),
        ({"a": 1}, None, [": {'a': 1} is now None"]),
    ],
)
def test_a_field_more_is_no_difference_and_anything_else_is(known: Json, today: Json, wrong: list[str]) -> None:
    assert corpus.lacks(known, today) == wrong
