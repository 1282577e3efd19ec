"""When a stream record counts as redriven: what it owed is sent, or may rightly no longer be sent."""

from typing import Any

import pytest

from saga_orchestrator.application.settling.kept import Kept, Kind, NotRedrivableError
from saga_orchestrator.application.settling.redriving import Redriving
from saga_orchestrator.application.settling.republishing import FunctionFailedError, Relays

CREATE = "execution_saga:ex-1:create_pod#1"
RECORD = b'{"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}'
MESSAGE = RECORD[:-1] + f', "message_id": "{CREATE}"}}'.encode()
KEPT = Kept("id", Kind.REJECTED, "unpublishable_message", "", "stream", {}, "relay", "", 1, {}, key="rejected/relay/x")


class Answering:
    """A relay that says so, and the bucket."""

    def __init__(self, original: bytes, answer: Any) -> None:
        self.original, self.answer = original, answer
        self.asked: list[Any] = []

    def call(self, function: str, payload: Any) -> Any:
        self.asked.append((function, payload))
        return self.answer

    def read(self, _key: str) -> bytes:
        return self.original


def redriving(stand_in: Answering) -> Redriving:
    return Redriving(stand_in, stand_in, {}, Relays(stand_in, ("bus", "topic")))


@pytest.mark.parametrize(
    ("original", "published", "skipped", "redriven"),
    [
        (RECORD, (CREATE,), (), True),
        (RECORD, (), (CREATE,), True),
        (RECORD, (), (f"{CREATE}: unpublishable_message",), False),
        (RECORD, (), ("ex-1: corrupt_saga",), False),
        (MESSAGE, (CREATE,), (), True),
        (MESSAGE, (), (CREATE,), False),
    ],
    ids=["sent", "too late", "still cannot be made", "still cannot be read", "message sent", "message not sent"],
)
def test_what_still_cannot_be_sent_is_not_redriven(
    original: bytes, published: tuple[str, ...], skipped: tuple[str, ...], redriven: bool
) -> None:
    stand_in = Answering(original, {"published": published, "skipped": skipped})
    way = redriving(stand_in)

    assert way.deliver(way.prepared(KEPT)) is redriven
    wanted = {"republish": [{"execution_id": "ex-1", "saga_name": "execution_saga"}]}
    assert stand_in.asked == [("bus", wanted), ("topic", wanted)]


@pytest.mark.parametrize("answer", [None, [], {"published": []}, "<html>"])
def test_a_relay_that_says_nothing_has_published_nothing(answer: Any) -> None:
    way = redriving(Answering(MESSAGE, answer))

    with pytest.raises(FunctionFailedError):
        way.deliver(way.prepared(KEPT))


@pytest.mark.parametrize("original", [b"", b"[]", b"7", b'"x"', b"{}", b'{"Records": [7]}', b"[" * 100_000, b"\xff"])
def test_bytes_that_name_no_saga_call_nobody(original: bytes) -> None:
    stand_in = Answering(original, None)

    with pytest.raises(NotRedrivableError):
        redriving(stand_in).prepared(KEPT)
    assert stand_in.asked == []
