"""A success that is no answer is refused, whatever was asked; nothing is an answer where nothing is to be told."""

from typing import Any

import botocore.session
import pytest
from botocore.parsers import ResponseParserError

from saga_orchestrator.adapters.sdk import refuse_what_is_no_answer

PAGE = b"<html>Welcome to the hotel's network</html>"


def parsed(service: str, operation: str, status: int, body: bytes) -> None:
    model: Any = botocore.session.get_session().get_service_model(service).operation_model(operation)
    refuse_what_is_no_answer({"status_code": status, "body": body}, operation_model=model)


@pytest.mark.parametrize(
    ("service", "operation"),
    [("sqs", "DeleteQueue"), ("sqs", "DeleteMessage"), ("events", "DisableRule"), ("dynamodb", "TagResource")],
)
def test_where_nothing_is_told_nothing_is_an_answer_and_a_page_is_none(service: str, operation: str) -> None:
    for body in (b"", b"{}"):
        parsed(service, operation, 200, body)
    with pytest.raises(ResponseParserError):
        parsed(service, operation, 200, PAGE)


@pytest.mark.parametrize(
    ("service", "operation"), [("dynamodb", "PutItem"), ("sqs", "SendMessage"), ("events", "PutEvents")]
)
def test_where_something_is_told_nothing_is_no_answer(service: str, operation: str) -> None:
    for body in (b"", PAGE, b"[]", b"null", b'{"Attributes"'):
        with pytest.raises(ResponseParserError):
            parsed(service, operation, 200, body)
    parsed(service, operation, 200, b"{}")
    parsed(service, operation, 400, PAGE)  # a refusal: botocore tells its status
