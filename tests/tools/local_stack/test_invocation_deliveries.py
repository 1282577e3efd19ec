"""Invocations of the small stack, synchronous and asynchronous, as a standard client sees them."""

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_stack.stack_event import EventKind

Eventually = Callable[..., Any]
Watched = Any


def unique() -> str:
    return uuid.uuid4().hex[:8]


class TestSynchronousInvocation:
    def invoke(self, watched: Watched, name: str, payload: Any, **more: Any) -> dict[str, Any]:
        answer = watched.stack.clients("lambda").invoke(FunctionName=name, Payload=json.dumps(payload), **more)
        return {**answer, "Payload": json.loads(answer["Payload"].read() or b"null")}

    def test_answers_with_the_functions_result(self, watched: Watched) -> None:
        answer = self.invoke(watched, "echo", {"n": 1}, LogType="Tail")
        assert answer["Payload"]["echo"] == {"n": 1}
        assert answer["StatusCode"] == 200
        assert "FunctionError" not in answer
        assert "LogResult" in answer

    @pytest.mark.parametrize("payload", [{}, {"boom": True}])
    def test_the_answer_carries_the_request_id_that_the_handler_saw(self, watched: Watched, payload: Any) -> None:
        answer = self.invoke(watched, "echo", payload)
        metadata, body = answer["ResponseMetadata"], answer["Payload"]
        assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
        assert metadata["RequestId"] in (body.get("request_id"), body.get("errorMessage", "").removeprefix("boom "))

    def test_a_function_error_is_in_the_answer(self, watched: Watched) -> None:
        answer = self.invoke(watched, "arn:aws:lambda:us-east-1:123456789012:function:echo:$LATEST", {"boom": True})
        assert answer["FunctionError"] == "Unhandled"
        assert answer["Payload"]["errorType"] == "ValueError"

    def test_an_unknown_function_is_an_api_error(self, watched: Watched) -> None:
        with pytest.raises(watched.stack.clients("lambda").exceptions.ResourceNotFoundException):
            self.invoke(watched, "nobody", {})

    def test_what_is_not_json_is_refused(self, watched: Watched) -> None:
        with pytest.raises(watched.stack.clients("lambda").exceptions.InvalidRequestContentException):
            watched.stack.clients("lambda").invoke(FunctionName="echo", Payload=b"{")

    def test_six_megabytes_are_the_limit(self, watched: Watched) -> None:
        with pytest.raises(watched.stack.clients("lambda").exceptions.RequestTooLargeException):
            self.invoke(watched, "echo", "x" * 6 * 1024 * 1024)

    def test_a_dry_run_runs_nothing(self, watched: Watched) -> None:
        before = len(watched.events("echo"))
        answer = watched.stack.clients("lambda").invoke(FunctionName="echo", InvocationType="DryRun")
        assert answer["StatusCode"] == 204
        assert len(watched.events("echo")) == before

    @pytest.mark.parametrize(("function", "environments"), [("single", 1), ("echo", 2)])
    def test_events_run_beside_each_other_up_to_the_concurrency(
        self, watched: Watched, function: str, environments: int
    ) -> None:
        """Each event waits until as many environments run as there may be: fewer would wait for ever."""
        event = {"meet": f"meeting-{unique()}", "people": environments, "sleep": 0.1}
        with ThreadPoolExecutor(4) as callers:
            answers = list(callers.map(lambda _: self.invoke(watched, function, event)["Payload"], range(4)))
        assert len({answer["pid"] for answer in answers}) == environments

    def test_a_paused_function_throttles_callers(self, watched: Watched) -> None:
        watched.stack.pause_function("single")
        try:
            with pytest.raises(ClientError, match="TooManyRequestsException"):
                self.invoke(watched, "single", {})
        finally:
            watched.stack.resume_function("single")
        assert self.invoke(watched, "single", {})["StatusCode"] == 200

    def test_calls_are_counted_by_caller_and_operation(self, watched: Watched) -> None:
        before = watched.stack.aws_calls["LOCALSTACK", "lambda:Invoke"]
        self.invoke(watched, "echo", {})
        assert watched.stack.aws_calls["LOCALSTACK", "lambda:Invoke"] == before + 1


class TestAsynchronousInvocation:
    def send(self, watched: Watched, payload: Any) -> str:
        answer = watched.stack.clients("lambda").invoke(
            FunctionName="echo", InvocationType="Event", Payload=json.dumps(payload)
        )
        assert answer["StatusCode"] == 202
        return str(answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"])

    def test_is_retried_and_then_recorded_in_the_destination(self, watched: Watched, eventually: Eventually) -> None:
        event = {"boom": True, "mark": unique()}
        request_id = self.send(watched, event)
        records = eventually(
            lambda: [r for r in watched.failure_records("async/echo/") if r["requestPayload"] == event]
        )
        assert watched.events("echo").count(event) == 2
        (record,) = records
        assert record["version"] == "1.0"
        assert record["requestContext"]["condition"] == "RetriesExhausted"
        assert record["requestContext"]["approximateInvokeCount"] == 2
        assert record["requestContext"]["functionArn"].endswith(":function:echo:$LATEST")
        assert record["responseContext"] == {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        }
        assert record["responsePayload"]["errorType"] == "ValueError"
        assert record["responsePayload"]["errorMessage"] == f"boom {request_id}"
        assert record["requestContext"]["requestId"] == request_id

    def test_a_function_without_destination_drops_after_the_default_two_retries(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        event = {"boom": True, "mark": unique()}
        watched.stack.clients("lambda").invoke(FunctionName="single", InvocationType="Event", Payload=json.dumps(event))
        eventually(lambda: watched.said(EventKind.DROPPED, "single"))
        assert watched.events("single").count(event) == 3

    def test_is_accepted_at_once_and_waits_while_the_function_is_paused(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        event = {"mark": unique()}
        eventually(lambda: watched.stack.waiting("echo") == 0)
        watched.stack.pause_function("echo")
        try:
            self.send(watched, event)
            time.sleep(0.2)
            assert event not in watched.events("echo")
            assert watched.stack.waiting("echo") == 1
        finally:
            watched.stack.resume_function("echo")
        eventually(lambda: event in watched.events("echo"))
        eventually(lambda: watched.stack.waiting("echo") == 0)
