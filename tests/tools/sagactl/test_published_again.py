"""When a stream record counts as redriven: what it owed is sent, or may rightly no longer be sent."""

from typing import Any, cast

import pytest

from sagactl.commands.republish import Republished
from sagactl.deployment import Deployment
from sagactl.rejected import redriving

CREATE = "execution_saga:ex-1:create_pod#1"
RECORD = b'{"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}'
MESSAGE = RECORD[:-1] + f', "message_id": "{CREATE}"}}'.encode()


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
    original: bytes,
    published: tuple[str, ...],
    skipped: tuple[str, ...],
    redriven: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def republish(_stack: Deployment, keys: list[tuple[str, str]]) -> Republished:
        asked.extend(keys)
        return Republished(published, skipped)

    monkeypatch.setattr(redriving, "republish_sagas", republish)

    assert redriving._published_again(Deployment("stack", {}, cast("Any", None)), original) is redriven
    assert asked == [("ex-1", "execution_saga")]
