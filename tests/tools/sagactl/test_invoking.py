"""Calling a function of the stack: whatever comes back instead of its answer, the call counts as not done."""

import io
from types import SimpleNamespace
from typing import Any

import pytest

from saga_orchestrator.application.settling.republishing import FunctionFailedError
from sagactl.deployment import Deployment
from sagactl.invoking import call_function


def stack_that_answers(payload: bytes, **more: str) -> Deployment:
    reply = {"Payload": io.BytesIO(payload), "ResponseMetadata": {"RequestId": "r-1"}, **more}
    connection: Any = SimpleNamespace(client=lambda _service: SimpleNamespace(invoke=lambda **_: reply))
    return Deployment("stack", {}, connection)


def test_an_answer_is_read() -> None:
    answer = call_function(stack_that_answers(b'{"skipped": []}'), "relay", {})

    assert (answer.body, answer.request_id) == ({"skipped": []}, "r-1")


def test_a_page_instead_of_an_answer_leaves_the_call_undone() -> None:
    with pytest.raises(FunctionFailedError, match=r"^relay was called, and its answer cannot be read$"):
        call_function(stack_that_answers(b"<html>busy</html>"), "relay", {})
