"""Event filtering as the Lambda Developer Guide tabulates it."""

from typing import Any

import pytest

from local_stack.sources.event_pattern import UnsupportedPatternError, check, matches

MATCHING: list[tuple[dict[str, Any], Any]] = [
    ({}, {"anything": 1}),
    ({"a": ["x"]}, {"a": "x", "b": 1}),
    ({"a": ["x", "y"]}, {"a": "y"}),
    ({"a": [None]}, {"a": None}),
    ({"a": [""]}, {"a": ""}),
    ({"a": ["x"]}, {"a": ["w", "x"]}),
    ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}),
    ({"a": [{"exists": True}]}, {"a": 0}),
    ({"a": [{"exists": False}]}, {}),
    ({"a": {"b": [{"exists": False}]}}, {}),
    ({"a": {"b": [{"exists": False}]}}, {"a": None}),
    ({"a": [{"prefix": "ab"}]}, {"a": "abc"}),
    ({"a": [{"suffix": "bc"}]}, {"a": "abc"}),
    ({"a": [{"prefix": {"equals-ignore-case": "AB"}}]}, {"a": "abc"}),
    ({"a": [{"equals-ignore-case": "execution_Started"}]}, {"a": "EXECUTION_STARTED"}),
    ({"a": [{"anything-but": ["x"]}]}, {"a": "y"}),
    ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "yx"}),
    ({"a": [{"numeric": [">", 1, "<=", 5]}]}, {"a": 5}),
    ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}),
]

OTHERS: list[tuple[dict[str, Any], Any]] = [
    ({"a": ["x"]}, {}),
    ({"a": ["x"]}, {"a": "X"}),
    ({"a": [1]}, {"a": True}),
    ({"a": ["1"]}, {"a": 1}),
    ({"a": ["x"], "b": ["y"]}, {"a": "x"}),
    ({"a": {"b": ["x"]}}, {"a": "x"}),
    ({"a": ["x"]}, "not an object"),
    ({"a": [{"exists": True}]}, {}),
    ({"a": [{"exists": False}]}, {"a": None}),
    ({"a": [{"prefix": "ab"}]}, {"a": "xab"}),
    ({"a": [{"equals-ignore-case": "x"}]}, {"a": 1}),
    ({"a": [{"anything-but": ["x"]}]}, {}),
    ({"a": [{"numeric": [">", 1]}]}, {"a": "2"}),
    ({"a": [{"numeric": [">", 0]}]}, {"a": True}),
    ({"$or": [{"a": [1]}, {"b": [2]}]}, {"a": 2, "b": 1}),
]


@pytest.mark.parametrize(("pattern", "event"), MATCHING)
def test_matches(pattern: dict[str, Any], event: Any) -> None:
    check(pattern)
    assert matches(pattern, event)


@pytest.mark.parametrize(("pattern", "event"), OTHERS)
def test_does_not_match(pattern: dict[str, Any], event: Any) -> None:
    check(pattern)
    assert not matches(pattern, event)


@pytest.mark.parametrize(
    "pattern", [{"a": "x"}, {"a": [{"wildcard": "*"}]}, {"a": [{"prefix": "x", "suffix": "y"}]}, {"$or": [{"a": 1}]}]
)
def test_an_unknown_comparison_is_an_error_not_a_guess(pattern: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedPatternError):
        check(pattern)
