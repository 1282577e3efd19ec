"""Which messages a stream record owes, and which may be sent again."""

import pytest

from saga_orchestrator.application.sendable import newly_emitted, republishable
from saga_orchestrator.domain.saga import Saga
from sagas.execution import EXECUTION_SAGA
from tests.unit.samples import after, failed, requested, started


@pytest.mark.parametrize(
    ("old", "new", "owed"),
    [
        (None, None, ()),
        (None, "a#1 b#1", ("a#1", "b#1")),
        ("a#1 b#1", "b#1 c#1 a#2", ("c#1", "a#2")),
        ("a#1", None, ()),
        ("a#1", "a#1", ()),
    ],
)
def test_a_stream_record_owes_what_its_new_image_adds(old: str | None, new: str | None, owed: tuple[str, ...]) -> None:
    assert newly_emitted(old, new) == owed


@pytest.mark.parametrize(
    ("saga", "to_send", "skipped"),
    [
        (after(requested()), ("saga_started#1", "create_pod#1"), ()),
        (after(requested(), started()), ("saga_started#1",), ("create_pod#1",)),
        (after(requested(), failed()), ("saga_started#1", "delete_pod#1", "saga_failed#1"), ("create_pod#1",)),
        (after(started(), requested()), ("saga_started#1",), ("create_pod#1",)),
    ],
)
def test_what_begins_work_is_sent_again_only_while_the_saga_waits_for_it(
    saga: Saga, to_send: tuple[str, ...], skipped: tuple[str, ...]
) -> None:
    assert republishable(saga, EXECUTION_SAGA) == (to_send, skipped)
