"""The bus and the schedule of the small stack: what reaches functions and queues, and what an outside rule sees."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_stack.sources.schedule import Schedule, Ticker
from local_stack.stack_event import EventKind

Eventually = Callable[..., Any]
Watched = Any


class TestBus:
    def put(self, watched: Watched, detail_type: str, detail: Any) -> str:
        entry = {"Source": "test", "DetailType": detail_type, "Detail": json.dumps(detail), "EventBusName": "bus"}
        answer = watched.stack.clients("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0
        return str(answer["Entries"][0]["EventId"])

    def queue(self, watched: Watched, rule: str, pattern: dict[str, Any]) -> str:
        """As an outside program watches the bus: a rule of its own with a queue of its own."""
        sqs, events = watched.stack.clients("sqs"), watched.stack.clients("events")
        url = sqs.create_queue(QueueName=rule)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name=rule, EventBusName="bus", EventPattern=json.dumps(pattern))
        events.put_targets(Rule=rule, EventBusName="bus", Targets=[{"Id": "1", "Arn": arn}])
        return str(url)

    def messages(self, watched: Watched, url: str, seconds: int = 20) -> list[dict[str, Any]]:
        answer = watched.stack.clients("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=seconds, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return list(answer.get("Messages", []))

    def test_a_rule_invokes_its_function_with_the_event(self, watched: Watched, eventually: Eventually) -> None:
        event_id = self.put(watched, "shout", {"mark": 1})
        (event,) = eventually(lambda: [e for e in watched.events("echo") if e.get("id") == event_id])
        assert event["detail-type"] == "shout"
        assert set(event) == {
            "version",
            "id",
            "detail-type",
            "source",
            "account",
            "time",
            "region",
            "resources",
            "detail",
        }

    def test_a_rules_retry_policy_and_queue_can_be_read_back(self, watched: Watched) -> None:
        events = watched.stack.clients("events")
        (rule,) = [one for one in events.list_rules(EventBusName="bus")["Rules"] if "Echo" in one["Name"]]
        assert json.loads(rule["EventPattern"]) == {"detail-type": [{"equals-ignore-case": "SHOUT"}]}
        (target,) = events.list_targets_by_rule(Rule=rule["Name"], EventBusName="bus")["Targets"]
        assert target["RetryPolicy"] == {"MaximumRetryAttempts": 7, "MaximumEventAgeInSeconds": 120}
        assert target["DeadLetterConfig"] == {"Arn": "arn:aws:sqs:us-east-1:123456789012:undelivered"}

    def test_an_event_as_large_as_a_script_passes_and_a_megabyte_is_the_publishers_error(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        event_id = self.put(watched, "shout", {"text": "x" * 1_000_000})
        eventually(lambda: [e for e in watched.events("echo") if e.get("id") == event_id])
        with pytest.raises(ClientError, match="ValidationException"):
            self.put(watched, "shout", {"text": "x" * 1024 * 1024})

    def test_an_outside_rule_with_a_queue_sees_the_same_event(self, watched: Watched) -> None:
        url = self.queue(watched, "outside", {"source": ["test"], "detail-type": ["Whisper"]})
        event_id = self.put(watched, "Whisper", {"a": [1, {"b": None}]})
        self.put(watched, "Other", {})
        (message,) = self.messages(watched, url)
        body = json.loads(message["Body"])
        assert (body["id"], body["detail"]) == (event_id, {"a": [1, {"b": None}]})

    def test_a_code_error_never_reaches_the_rules_queue(self, watched: Watched, eventually: Eventually) -> None:
        event_id = self.put(watched, "SHOUT", {"boom": True})
        eventually(
            lambda: [r for r in watched.failure_records("async/echo/") if r["requestPayload"].get("id") == event_id]
        )
        undelivered = watched.stack.clients("sqs").get_queue_url(QueueName="undelivered")["QueueUrl"]
        assert event_id not in [json.loads(m["Body"])["id"] for m in self.messages(watched, undelivered, seconds=0)]

    def test_what_cannot_be_delivered_reaches_the_rules_queue_with_the_reason(self, watched: Watched) -> None:
        events, sqs = watched.stack.clients("events"), watched.stack.clients("sqs")
        url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        nobody = "arn:aws:lambda:us-east-1:123456789012:function:nobody"
        events.put_rule(Name="lost", EventBusName="bus", EventPattern='{"detail-type":["Lost"]}')
        target = {"Id": "1", "Arn": nobody, "DeadLetterConfig": {"Arn": arn}}
        events.put_targets(Rule="lost", EventBusName="bus", Targets=[target])
        event_id = self.put(watched, "Lost", {})
        (message,) = self.messages(watched, url)
        assert json.loads(message["Body"])["id"] == event_id
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        assert attributes["ERROR_CODE"] == "RESOURCE_NOT_FOUND"
        assert attributes["TARGET_ARN"] == nobody

    def test_a_failing_target_does_not_fail_the_publisher(self, watched: Watched) -> None:
        events = watched.stack.clients("events")
        events.put_rule(Name="nowhere", EventBusName="bus", EventPattern='{"detail-type":["Nowhere"]}')
        missing = "arn:aws:sqs:us-east-1:123456789012:missing"
        events.put_targets(Rule="nowhere", EventBusName="bus", Targets=[{"Id": "1", "Arn": missing}])
        self.put(watched, "Nowhere", {})
        assert any("missing" in said.detail for said in watched.said(EventKind.DROPPED))


class TestSchedule:
    def test_ticks_at_the_given_interval_with_schedulers_event(self, watched: Watched, eventually: Eventually) -> None:
        eventually(lambda: len(watched.events("ticked")) >= 3)
        event = watched.events("ticked")[0]
        assert event["source"] == "aws.scheduler"
        assert event["detail-type"] == "Scheduled Event"
        assert len(watched.said(EventKind.SCHEDULE_TICK)) >= 3

    def test_is_late_on_a_loaded_machine_and_never_early(self, eventually: Eventually) -> None:
        schedule = Schedule("s", "arn:aws:scheduler:r:1:schedule/default/s", "fn", 60.0, None, None)
        ticks: list[float] = []
        ticker = Ticker(schedule, 0.05, lambda *_: ticks.append(time.monotonic()), lambda _: None)
        began = time.monotonic()
        ticker.start()
        eventually(lambda: len(ticks) >= 10)
        ticker.close()
        assert all(at - began >= 0.05 * count for count, at in enumerate(ticks, start=1))


def test_the_stack_can_be_described_as_on_aws(watched: Watched) -> None:
    (stack,) = watched.stack.clients("cloudformation").describe_stacks(StackName="saga-orchestrator")["Stacks"]
    assert {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]} == {
        "TableName": "things",
        "HttpUrl": watched.stack.ready.api,
    }


def test_the_ready_file_names_everything(watched: Watched) -> None:
    ready = json.loads(watched.stack.ready.as_json())
    assert ready["table"] == "things"
    assert ready["topics"] == {"ON_DEMAND": "on_demand", "PROVISIONED": "provisioned"}
