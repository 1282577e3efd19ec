"""When a wake is told, and for how long it is held back."""

import pytest

from saga_orchestrator.domain.flow.dues import MAX_DELAY_SECONDS, delay_seconds, wake_at

NOW = 1_800_000_000_000


@pytest.mark.parametrize("late_ms", [0, 1, 999, 1000, 29_999, 30_000, 59_999])
def test_a_wake_comes_after_its_due_and_within_two_seconds_of_it(late_ms: int) -> None:
    due = NOW + late_ms

    comes_at = NOW + delay_seconds(due, NOW) * 1000

    assert due + 1000 <= comes_at < due + 2000


@pytest.mark.parametrize(
    ("due", "seconds"),
    [(NOW, 1), (NOW - 1, 1), (NOW - 1000, 0), (NOW - 86_400_000, 0), (NOW + 898_001, 900), (NOW + 86_400_000, 900)],
)
def test_a_delay_is_none_that_the_queue_refuses(due: int, seconds: int) -> None:
    assert delay_seconds(due, NOW) == seconds
    assert MAX_DELAY_SECONDS == 900


@pytest.mark.parametrize(
    ("known", "deadline", "wake"),
    [
        (None, None, None),
        (NOW + 5, None, None),
        (None, NOW + 30_000, NOW + 30_000),
        (NOW + 30_000, NOW + 30_000, None),
        (NOW + 40_000, NOW + 30_000, NOW + 30_000),
        (NOW + 20_000, NOW + 30_000, NOW + 30_000),
        (None, NOW + 59_999, NOW + 59_999),
        (None, NOW + 60_000, None),
        (None, NOW, NOW),
        (None, NOW - 1, NOW - 1),
    ],
)
def test_a_write_tells_the_near_deadline_that_it_sets_itself(
    known: int | None, deadline: int | None, wake: int | None
) -> None:
    assert wake_at(known, deadline, NOW) == wake
