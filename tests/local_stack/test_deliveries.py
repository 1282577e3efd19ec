"""Each delivery rule of the small stack, seen from outside: standard clients put things in, the handlers' records and
the failure records tell."""

import base64
import itertools
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from confluent_kafka import Consumer, Producer, TopicPartition

from local_stack.schedule import Schedule, Ticker
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


class TestStream:
    def put(self, watched: Watched, name: str, **attributes: Any) -> None:
        item = {"id": {"S": name}, **{key: {"S": value} for key, value in attributes.items()}}
        watched.stack.clients("dynamodb").put_item(TableName="things", Item=item)

    def seen(self, watched: Watched) -> list[str]:
        return [r["dynamodb"]["Keys"]["id"]["S"] for event in watched.events("stream") for r in event["Records"]]

    def test_a_record_has_lambdas_shape(self, watched: Watched, eventually: Eventually) -> None:
        name = unique()
        watched.stack.clients("dynamodb").put_item(
            TableName="things", Item={"id": {"S": name}, "mode": {"S": "ok"}, "bytes": {"B": b"\x00\xff"}}
        )
        eventually(lambda: name in self.seen(watched))
        (record,) = [
            r for e in watched.events("stream") for r in e["Records"] if r["dynamodb"]["Keys"]["id"]["S"] == name
        ]
        assert record["eventName"] == "INSERT"
        assert record["eventSource"] == "aws:dynamodb"
        assert record["eventSourceARN"].startswith("arn:aws:dynamodb:us-east-1:123456789012:table/things/stream/")
        assert record["dynamodb"]["NewImage"] == {"id": {"S": name}, "mode": {"S": "ok"}, "bytes": {"B": "AP8="}}
        assert abs(record["dynamodb"]["ApproximateCreationDateTime"] - time.time()) < 60

    def test_the_filter_spares_the_function(self, watched: Watched, eventually: Eventually) -> None:
        ignored, wanted = unique(), unique()
        self.put(watched, ignored)
        self.put(watched, wanted, mode="ok")
        eventually(lambda: wanted in self.seen(watched))
        assert ignored not in self.seen(watched)

    def test_a_record_that_fails_once_is_delivered_again_and_order_is_kept(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        first, second = unique(), unique()
        self.put(watched, first, mode=f"fail-once-{first}")
        self.put(watched, second, mode="ok")

        def deliveries() -> list[str]:
            return [name for name in self.seen(watched) if name in (first, second)]

        eventually(lambda: deliveries().count(first) == 2 and deliveries()[-1] == second)
        assert deliveries() in ([first, first, second], [first, second, first, second])

    def test_the_lowest_failed_record_is_where_the_batch_starts_again(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        """Two of four fail, reported in no particular order; one transaction makes them one batch."""
        names = [unique() for _ in range(4)]
        modes = ["ok", f"fail-once-{names[1]}", f"fail-once-{names[2]}", "ok"]
        items = [{"id": {"S": name}, "mode": {"S": mode}} for name, mode in zip(names, modes, strict=True)]
        actions = [{"Put": {"TableName": "things", "Item": item}} for item in items]
        watched.stack.clients("dynamodb").transact_write_items(TransactItems=actions)
        eventually(lambda: self.seen(watched).count(names[3]) == 2)
        assert [name for name in self.seen(watched) if name in names] == [*names, *names[1:]]

    def test_each_key_is_delivered_in_the_order_of_its_writes(self, watched: Watched, eventually: Eventually) -> None:
        """Writers race, some records fail: a record is never seen for the first time before an earlier one of its key
        has passed."""
        keys, versions = [unique() for _ in range(4)], range(6)

        def write(key: str) -> None:
            for version in versions:
                self.put(watched, key, mode=f"{'fail-once' if version % 3 == 1 else 'ok'}-{key}-{version}")

        with ThreadPoolExecutor(len(keys)) as writers:
            list(writers.map(write, keys))

        def delivered(key: str) -> list[int]:
            images = [r["dynamodb"]["NewImage"] for e in watched.events("stream") for r in e["Records"]]
            return [int(image["mode"]["S"][-1]) for image in images if image["id"]["S"] == key]

        def settled(key: str) -> bool:
            seen = delivered(key)
            often_enough = (seen.count(version) >= (2 if version % 3 == 1 else 1) for version in versions)
            return all(often_enough) and seen[-1] == versions[-1]

        eventually(lambda: all(settled(key) for key in keys))
        for key in keys:
            seen = delivered(key)
            assert list(dict.fromkeys(seen)) == list(versions)
            # The only step back is to a checkpoint: what follows a record is its successor, or a restart before it.
            assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(seen))

    def test_a_record_past_its_age_goes_to_the_destination_however_many_retries_are_left(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        self.put(watched, "too-old", aged="never")

        def parked() -> list[dict[str, Any]]:
            records = watched.failure_records("")
            return [r for r in records if r["requestContext"]["condition"] == "RecordAgeExceeded"]

        (record,) = eventually(parked)
        (lost,) = json.loads(record["payload"])["Records"]
        assert lost["dynamodb"]["NewImage"] == {"id": {"S": "too-old"}, "aged": {"S": "never"}}
        assert record["requestContext"]["approximateInvokeCount"] == len(watched.events("aged")) >= 2
        self.put(watched, "fresh", aged="fine")
        eventually(lambda: watched.said(EventKind.INVOKED, "aged"))

    def test_a_poison_record_goes_to_the_destination_and_the_rest_passes(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        poison, after = unique(), unique()
        self.put(watched, poison, mode="poison")
        self.put(watched, after, mode="ok")
        eventually(lambda: after in self.seen(watched))

        def parked() -> list[dict[str, Any]]:
            return [r for r in watched.failure_records("") if "DDBStreamBatchInfo" in r and poison in r["payload"]]

        (record,) = eventually(parked)
        (lost,) = json.loads(record["payload"])["Records"]
        info = record["DDBStreamBatchInfo"]
        assert lost["dynamodb"]["Keys"] == {"id": {"S": poison}}
        assert info["startSequenceNumber"] == info["endSequenceNumber"] == lost["dynamodb"]["SequenceNumber"]
        assert info["batchSize"] == 1
        assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
        assert record["requestContext"]["approximateInvokeCount"] == 3

    def test_an_expired_item_disappears_by_itself(self, watched: Watched, eventually: Eventually) -> None:
        watched.stack.clients("dynamodb").put_item(
            TableName="things", Item={"id": {"S": "old"}, "expires": {"N": str(int(time.time()) - 5)}}
        )
        eventually(lambda: watched.said(EventKind.EXPIRED))
        assert "old" not in self.scan(watched)

    def scan(self, watched: Watched) -> list[str]:
        return [item["id"]["S"] for item in watched.stack.clients("dynamodb").scan(TableName="things")["Items"]]


class TestKafka:
    def produce(self, watched: Watched, topic: str, *values: bytes | str | None, partition: int = 0) -> None:
        """In one message set, which a poller gets as one batch."""
        producer = Producer({"bootstrap.servers": watched.stack.ready.kafka_bootstrap, "linger.ms": 1000})
        for value in values:
            producer.produce(topic, value, key=b"key", partition=partition, headers=[("h", b"\x01\xff"), ("h", b"")])
        assert producer.flush(30) == 0

    def seen(self, watched: Watched, function: str) -> list[str]:
        return [
            base64.b64decode(record["value"]).decode()
            for event in watched.events(function)
            for records in event["records"].values()
            for record in records
            if record["value"] is not None
        ]

    def committed(self, watched: Watched, function: str, topic: str, partition: int) -> int:
        (mapping,) = [m for m in watched.stack.kafka_mappings if m.function == function]
        consumer = Consumer({"bootstrap.servers": watched.stack.ready.kafka_bootstrap, "group.id": mapping.group})
        try:
            return int(consumer.committed([TopicPartition(topic, partition)], timeout=30)[0].offset)
        finally:
            consumer.close()

    def test_events_have_the_two_documented_shapes(self, watched: Watched, eventually: Eventually) -> None:
        self.produce(watched, "on_demand", b"shape-1", partition=3)
        self.produce(watched, "provisioned", b"shape-2", None, partition=3)
        eventually(
            lambda: "shape-1" in self.seen(watched, "on_demand") and "shape-2" in self.seen(watched, "provisioned")
        )
        own = next(e for e in watched.events("on_demand") if "on_demand-3" in e["records"])
        msk = next(e for e in watched.events("provisioned") if "provisioned-3" in e["records"])
        assert own["eventSource"] == "SelfManagedKafka"
        assert "eventSourceArn" not in own
        assert own["bootstrapServers"] == watched.stack.ready.kafka_bootstrap
        assert msk["eventSource"] == "aws:kafka"
        assert msk["eventSourceArn"] == "arn:aws:kafka:us-east-1:123456789012:cluster/local/0"
        first, tombstone = msk["records"]["provisioned-3"]
        assert abs(first.pop("timestamp") - time.time() * 1000) < 60_000
        assert first == {
            "topic": "provisioned",
            "partition": 3,
            "offset": 0,
            "timestampType": "CREATE_TIME",
            "key": "a2V5",
            "value": "c2hhcGUtMg==",
            "headers": [{"h": [1, -1]}, {"h": []}],
        }
        assert tombstone["value"] is None

    def test_on_demand_repeats_the_whole_batch_until_it_succeeds(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        bad, good = f"raise-once-{unique()}", f"good-{unique()}"
        self.produce(watched, "on_demand", good, bad, partition=1)
        eventually(lambda: self.seen(watched, "on_demand").count(bad) == 2)
        assert self.seen(watched, "on_demand").count(good) == 2
        eventually(lambda: self.committed(watched, "on-demand", "on_demand", 1) == 2)

    def test_on_demand_ignores_the_returned_list(self, watched: Watched, eventually: Eventually) -> None:
        lost, after = "poison", f"after-{unique()}"
        self.produce(watched, "on_demand", lost, after, partition=2)
        eventually(lambda: after in self.seen(watched, "on_demand"))
        eventually(lambda: self.committed(watched, "on-demand", "on_demand", 2) == 2)
        assert self.seen(watched, "on_demand").count(lost) == 1

    def test_provisioned_delivers_the_listed_records_again(self, watched: Watched, eventually: Eventually) -> None:
        bad, good = f"fail-once-{unique()}", f"good-{unique()}"
        self.produce(watched, "provisioned", good, bad, partition=0)
        eventually(lambda: self.seen(watched, "provisioned").count(bad) == 2)
        assert self.seen(watched, "provisioned").count(good) == 1

    @pytest.mark.parametrize("words", ["invalid-once", "raise-once"])
    def test_provisioned_repeats_the_whole_batch_for_an_unknown_identifier_and_for_an_error(
        self, watched: Watched, eventually: Eventually, words: str
    ) -> None:
        good, bad, last = f"good-{unique()}", f"{words}-{unique()}", f"last-{unique()}"
        self.produce(watched, "provisioned", good, bad, last, partition=0)
        eventually(lambda: self.seen(watched, "provisioned").count(last) == 2)
        seen = [value for value in self.seen(watched, "provisioned") if value in (good, bad, last)]
        assert seen == [good, bad, last] * 2

    def test_provisioned_gives_a_poison_record_up_to_the_destination(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        after = f"after-{unique()}"
        self.produce(watched, "provisioned", b"poison", after.encode(), partition=1)
        (record,) = eventually(lambda: [r for r in watched.failure_records("") if "KafkaBatchInfo" in r])
        info = record["KafkaBatchInfo"]
        assert info["recordsInfo"]["provisioned-1"]["firstRecordOffset"] == "0"
        assert info["batchSize"] == 1
        assert json.loads(record["payload"])["records"]["provisioned-1"][0]["value"] == "cG9pc29u"
        eventually(lambda: self.committed(watched, "provisioned", "provisioned", 1) == 2)
        assert self.seen(watched, "provisioned").count(after) == 1

    def test_offsets_are_committed_only_after_the_function_returned(
        self, watched: Watched, eventually: Eventually
    ) -> None:
        watched.stack.pause_function("provisioned")
        try:
            self.produce(watched, "provisioned", b"held", partition=2)
            time.sleep(0.4)
            assert self.committed(watched, "provisioned", "provisioned", 2) < 0
        finally:
            watched.stack.resume_function("provisioned")
        eventually(lambda: self.committed(watched, "provisioned", "provisioned", 2) == 1)


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
    assert {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]} == {"TableName": "things"}


def test_the_ready_file_names_everything(watched: Watched) -> None:
    ready = json.loads(watched.stack.ready.as_json())
    assert ready["table"] == "things"
    assert ready["topics"] == {"ON_DEMAND": "on_demand", "PROVISIONED": "provisioned"}
