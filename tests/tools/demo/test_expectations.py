"""How one execution's end is held against what is allowed."""

import dataclasses

import pytest

from demo.expectations import Actual, Expected, Pods, closest_differences, differences

EXPECTED = Expected("failed", "execution_failed", Pods.CREATED_AND_DELETED, 7, "ScriptError")
ACTUAL = Actual("failed", "execution_failed", 7, "ScriptError", creates=1, deletes=2, outcomes=("SAGA_FAILED",))


def test_an_end_as_expected_differs_in_nothing() -> None:
    assert differences(EXPECTED, ACTUAL) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"state": "running"}, "state: expected failed, got running"),
        ({"reason": None}, "reason: expected execution_failed, got none"),
        ({"exit_code": 0}, "exit code: expected 7, got 0"),
        ({"error_type": "Killed"}, "error type: expected ScriptError, got Killed"),
        ({"deletes": 0}, "pod: expected created and deleted, got created"),
        ({"creates": 2}, "pod: expected created and deleted, got none"),
        ({"outcomes": ()}, "outcome messages: expected SAGA_FAILED, got none"),
        (
            {"outcomes": ("SAGA_FAILED", "SAGA_TIMEOUT")},
            "outcome messages: expected SAGA_FAILED, got SAGA_FAILED and SAGA_TIMEOUT",
        ),
    ],
    ids=["state", "reason", "exit code", "error type", "no delete", "two creates", "no outcome", "two outcomes"],
)
def test_each_difference_is_one_phrase(change: dict[str, object], told: str) -> None:
    assert differences(EXPECTED, dataclasses.replace(ACTUAL, **change)) == [told]  # type: ignore[arg-type]  # one field of each type


def test_of_several_allowed_ends_the_nearest_is_told() -> None:
    far = Expected("completed", "execution_completed", Pods.CREATED, 0)
    assert closest_differences((far, EXPECTED), ACTUAL) == []
    (told,) = closest_differences((far, EXPECTED), dataclasses.replace(ACTUAL, exit_code=8))
    assert told == "exit code: expected 7, got 8"


@pytest.mark.parametrize(
    ("creates", "deletes", "pods"),
    [
        (0, 0, Pods.NONE),
        (1, 0, Pods.CREATED),
        (1, 3, Pods.CREATED_AND_DELETED),
        (0, 1, Pods.DELETED),
        (2, 0, None),
        (2, 1, None),
    ],
)
def test_a_second_create_is_no_allowed_ending(creates: int, deletes: int, pods: Pods | None) -> None:
    assert dataclasses.replace(ACTUAL, creates=creates, deletes=deletes).pods is pods
