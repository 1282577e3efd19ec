"""What errors say, and what a secret does not."""

import pickle

import pytest

from saga_orchestrator.domain.errors import CorruptSaga, RejectedEvent, RejectReason, UnauthorisedEvent, WrongEventType
from saga_orchestrator.domain.secret import Secret
from tests.unit.samples import requested


def test_errors_say_their_reason_and_detail() -> None:
    rejected = RejectedEvent(RejectReason.MALFORMED, "what is wrong")
    assert (str(rejected), rejected.reason, rejected.detail) == (
        "malformed: what is wrong",
        RejectReason.MALFORMED,
        "what is wrong",
    )
    wrong = WrongEventType("EXPECTED", "RECEIVED")
    assert (wrong.reason, wrong.detail) == (
        RejectReason.WRONG_EVENT_TYPE,
        "this function handles EXPECTED, not RECEIVED",
    )
    corrupt = CorruptSaga("where")
    assert (corrupt.reason, corrupt.detail) == (RejectReason.CORRUPT_SAGA, "where")
    assert issubclass(UnauthorisedEvent, RejectedEvent)


def test_a_secret_shows_and_pickles_nothing() -> None:
    secret = Secret(b"password")

    assert secret.reveal() == b"password"
    assert f"{secret} {secret!r}" == "*** ***"
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError, match="a secret is never serialised"):
        pickle.dumps(secret)


def test_the_script_of_a_request_is_neither_shown_nor_compared() -> None:
    with_script, without = requested(script_content=Secret(b"password")), requested()

    assert with_script == without
    assert "script_content" not in repr(with_script)
