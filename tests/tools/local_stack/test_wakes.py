"""Dues of seconds on a stack whose checker looks once in ten minutes: what moves these orders is the queue of wakes."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.tools.local_stack.outside import Client, LocalUp, order_placed

HASTY = ("--worker", "none", "--participant", "none", "--check-interval", "600")
SECONDS = ("--parameter", "OrderReplySeconds=2", "--parameter", "OrderAttempts=2")
LATEST = 30.0
"""A twentieth of what the checker would need. On an idle machine it is two seconds."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalUp]:
    up = LocalUp(tmp_path_factory.mktemp("wakes") / "up", "--aws-port", "0", "--kafka-port", "0", *HASTY, *SECONDS)
    yield up
    up.kill()


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def all_of(client: Client, order: str, message_type: str, count: int) -> Callable[[], list[dict[str, Any]]]:
    def found() -> list[dict[str, Any]]:
        sent = [one for one in client.messages(order) if one["message_type"] == message_type]
        return sent if len(sent) >= count else []

    return found


def test_a_silent_participant_is_asked_again_and_given_up_within_seconds_of_each_due(stack: LocalUp) -> None:
    client = Client(stack.ready())
    client.over_eventbridge(order_placed("o-silent"))

    first, second = stack.wait_until(all_of(client, "o-silent", "RESERVE_CREDIT_COMMAND", 2))
    (undo,) = stack.wait_until(all_of(client, "o-silent", "RELEASE_CREDIT_COMMAND", 1))

    # Silence is noticed when the answer is due, and the next attempt asked for after a pause of at most two seconds.
    assert moment(first["expires_at"]) < moment(second["timestamp"]) < moment(first["expires_at"]) + 2 + LATEST
    assert moment(second["expires_at"]) <= moment(undo["timestamp"]) < moment(second["expires_at"]) + LATEST
    assert client.state("o-silent", "order_saga") == "compensating"


def test_what_is_no_wake_is_kept_as_rejected(stack: LocalUp) -> None:
    client = Client(stack.ready())
    before = client.rejected()

    client.send_to("WakeQueue", "wake up!")

    stack.wait_until(lambda: client.rejected() > before)
