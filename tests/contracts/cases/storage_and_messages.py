"""S3, SQS and PutEvents: sizes, refusals, and answers entry by entry."""

import json
from functools import partial
from typing import Any

from tests.contracts.case import ACCEPTED, VALIDATION, Chapter, answer, refusal
from tests.contracts.subject import Subject

S3, SQS, EVENTS = Chapter("s3"), Chapter("sqs"), Chapter("events")
_GET = "S3 API Reference, GetObject"
_PUT = "S3 API Reference, PutObject"
_LIST = "S3 API Reference, ListObjectsV2"
_SEND = "SQS API Reference, SendMessage"
_SEND_BATCH = "SQS API Reference, SendMessageBatch"
_RECEIVE = "SQS API Reference, ReceiveMessage"
_ENTRIES = "EventBridge API Reference, PutEvents"
_RESULT = "EventBridge API Reference, PutEventsResultEntry"
_MEGABYTE = 1024 * 1024

# ---- S3 --------------------------------------------------------------------------------------------------------------


@S3.case(_GET, [True, 256])
def bytes_come_back(aws: Subject) -> Any:
    bucket, content = aws.bucket(), bytes(range(256))
    aws.s3.put_object(Bucket=bucket, Key="a/b", Body=content)
    reply = aws.s3.get_object(Bucket=bucket, Key="a/b")
    return [reply["Body"].read() == content, reply["ContentLength"]]


@S3.case("S3 User Guide, data consistency model", "second")
def the_last_put_wins_at_once(aws: Subject) -> Any:
    bucket = aws.bucket()
    for content in (b"first", b"second"):
        aws.s3.put_object(Bucket=bucket, Key="k", Body=content)
    return aws.s3.get_object(Bucket=bucket, Key="k")["Body"].read().decode()


@S3.case(_GET, ["NoSuchKey", 404])
def a_key_that_does_not_exist(aws: Subject) -> Any:
    bucket = aws.bucket()
    response = refusal(lambda: aws.s3.get_object(Bucket=bucket, Key="none"))
    return [response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]]


@S3.case(_PUT, ["NoSuchBucket", "NoSuchBucket"])
def a_bucket_that_does_not_exist(aws: Subject) -> Any:
    place = {"Bucket": "no-such-bucket-of-ours", "Key": "k"}
    return [answer(lambda: aws.s3.put_object(**place, Body=b"")), answer(lambda: aws.s3.get_object(**place))]


@S3.case("S3 API Reference, HeadObject", [3, "404"])
def a_head_has_no_error_body(aws: Subject) -> Any:
    bucket = aws.bucket()
    aws.s3.put_object(Bucket=bucket, Key="k", Body=b"abc")
    found = aws.s3.head_object(Bucket=bucket, Key="k")["ContentLength"]
    return [found, answer(lambda: aws.s3.head_object(Bucket=bucket, Key="none"))]


@S3.case("S3 API Reference, DeleteObject", [ACCEPTED, ACCEPTED, "NoSuchKey"])
def a_delete_is_idempotent(aws: Subject) -> Any:
    bucket = aws.bucket()
    aws.s3.put_object(Bucket=bucket, Key="k", Body=b"abc")
    codes = [answer(lambda: aws.s3.delete_object(Bucket=bucket, Key="k")) for _ in range(2)]
    return [*codes, answer(lambda: aws.s3.get_object(Bucket=bucket, Key="k"))]


@S3.case("S3 User Guide, Naming Amazon S3 objects", [ACCEPTED, "KeyTooLongError"])
def a_key_may_have_1024_bytes(aws: Subject) -> Any:
    bucket = aws.bucket()
    return [answer(partial(aws.s3.put_object, Bucket=bucket, Key="k" * size, Body=b"")) for size in (1024, 1025)]


@S3.case(_PUT + ": If-None-Match", [ACCEPTED, "PreconditionFailed"])
def a_put_only_if_absent(aws: Subject) -> Any:
    bucket = aws.bucket()
    return [answer(lambda: aws.s3.put_object(Bucket=bucket, Key="k", Body=b"", IfNoneMatch="*")) for _ in range(2)]


@S3.case(_LIST, [["a/1", "a/2"], ["a/3"], ["b"]])
def a_list_is_ordered_and_paged(aws: Subject) -> Any:
    bucket = aws.bucket()
    for name in ("b", "a/2", "a/3", "a/1"):
        aws.s3.put_object(Bucket=bucket, Key=name, Body=b"")
    first = aws.s3.list_objects_v2(Bucket=bucket, Prefix="a/", MaxKeys=2)
    rest = aws.s3.list_objects_v2(Bucket=bucket, Prefix="a/", ContinuationToken=first["NextContinuationToken"])
    other = aws.s3.list_objects_v2(Bucket=bucket, Prefix="b")
    return [[each["Key"] for each in page["Contents"]] for page in (first, rest, other)]


@S3.case(_LIST, [0, False])
def a_list_of_nothing_has_no_contents(aws: Subject) -> Any:
    reply = aws.s3.list_objects_v2(Bucket=aws.bucket(), Prefix="none")
    return [reply["KeyCount"], "Contents" in reply]


# ---- SQS -------------------------------------------------------------------------------------------------------------


def _sent(name: str, body: str, expected: str) -> None:
    SQS.add(
        name, _SEND, lambda aws: answer(lambda: aws.sqs.send_message(QueueUrl=aws.queue(), MessageBody=body)), expected
    )


_sent("a message of 1 MiB", "x" * _MEGABYTE, ACCEPTED)
_sent("a message of a byte more", "x" * (_MEGABYTE + 1), "InvalidParameterValue")
_sent("a size in bytes, not characters", "é" * (_MEGABYTE // 2 + 1), "InvalidParameterValue")
_sent("a control character", "a\x00b", "InvalidMessageContents")
_sent("an escape character", "a\x1bb", "InvalidMessageContents")
_sent("tab, line feed, carriage return", "a\t\n\rb", ACCEPTED)
_sent("a noncharacter", "a￾b", "InvalidMessageContents")
_sent("characters beyond the basic plane", "\U0001f680", ACCEPTED)
_sent("an empty message", "", "MissingParameter")


@SQS.case(_RECEIVE, ['{"a": 1}', 0, 0])
def a_message_is_there_until_it_is_deleted(aws: Subject) -> Any:
    url = aws.queue()
    aws.sqs.send_message(QueueUrl=url, MessageBody='{"a": 1}')
    (message,) = aws.sqs.receive_message(QueueUrl=url)["Messages"]
    hidden = len(aws.sqs.receive_message(QueueUrl=url).get("Messages", ()))
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    attributes = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    left = int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])
    return [message["Body"], hidden, left]


@SQS.case(_RECEIVE, ["a", "a"])
def a_message_comes_back_when_its_visibility_ends(aws: Subject) -> Any:
    url = aws.queue()
    aws.sqs.send_message(QueueUrl=url, MessageBody="a")
    return [aws.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]["Body"] for _ in range(2)]


@SQS.case(_RECEIVE, [10, 2])
def at_most_ten_at_once(aws: Subject) -> Any:
    url = aws.queue()
    for number in range(12):
        aws.sqs.send_message(QueueUrl=url, MessageBody=str(number))
    return [len(aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) for _ in range(2)]


@SQS.case(_RECEIVE, "InvalidParameterValue")
def eleven_at_once(aws: Subject) -> Any:
    url = aws.queue()
    return answer(lambda: aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11))


def _batch(aws: Subject, url: str, *entries: dict[str, Any]) -> dict[str, Any]:
    numbered = [{"Id": str(place), **entry} for place, entry in enumerate(entries)]
    reply: dict[str, Any] = aws.sqs.send_message_batch(QueueUrl=url, Entries=numbered)
    return reply


@SQS.case(_SEND_BATCH, [["0", "1"], 2])
def each_message_of_a_batch_is_sent(aws: Subject) -> Any:
    url = aws.queue()
    reply = _batch(aws, url, {"MessageBody": "a"}, {"MessageBody": "b"})
    taken = [each["Id"] for each in reply["Successful"]]
    return [taken, len(aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"])]


@SQS.case(_SEND_BATCH, [ACCEPTED, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"])
def at_most_ten_in_a_batch(aws: Subject) -> Any:
    url = aws.queue()
    return [answer(partial(_batch, aws, url, *[{"MessageBody": "a"}] * count)) for count in (10, 11)]


@SQS.case(_SEND_BATCH, "AWS.SimpleQueueService.EmptyBatchRequest")
def a_batch_of_none(aws: Subject) -> Any:
    url = aws.queue()
    return answer(lambda: _batch(aws, url))


@SQS.case(_SEND, [["now"], "1"])
def a_delayed_message_is_hidden_until_then(aws: Subject) -> Any:
    url = aws.queue()
    _batch(aws, url, {"MessageBody": "later", "DelaySeconds": 900}, {"MessageBody": "now", "DelaySeconds": 0})
    seen = [each["Body"] for each in aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    attributes = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return [seen, attributes["ApproximateNumberOfMessagesDelayed"]]


@SQS.case(_SEND, [ACCEPTED, "InvalidParameterValue"])
def a_delay_is_a_quarter_of_an_hour_at_most(aws: Subject) -> Any:
    url = aws.queue()
    sent = (partial(aws.sqs.send_message, QueueUrl=url, MessageBody="a", DelaySeconds=delay) for delay in (900, 901))
    return [answer(each) for each in sent]


@SQS.case("SQS API Reference, common errors", "AWS.SimpleQueueService.NonExistentQueue")
def a_queue_that_does_not_exist(aws: Subject) -> Any:
    url = aws.queue() + "-none"
    return answer(lambda: aws.sqs.send_message(QueueUrl=url, MessageBody="a"))


# ---- EventBridge -----------------------------------------------------------------------------------------------------


def _entry(aws: Subject, detail: str = '{"a":1}', **more: Any) -> dict[str, Any]:
    return {"EventBusName": aws.bus(), "Source": "me", "DetailType": "Thing", "Detail": detail, **more}


def _answers(aws: Subject, *entries: dict[str, Any]) -> Any:
    reply = aws.events.put_events(Entries=list(entries))
    return [reply["FailedEntryCount"], [each.get("ErrorCode", "EventId" in each) for each in reply["Entries"]]]


@EVENTS.case(_ENTRIES, [0, [True, True]])
def each_entry_gets_an_id(aws: Subject) -> Any:
    return _answers(aws, _entry(aws), _entry(aws))


@EVENTS.case(_ENTRIES, 2)
def ids_differ(aws: Subject) -> Any:
    reply = aws.events.put_events(Entries=[_entry(aws), _entry(aws)])
    return len({each["EventId"] for each in reply["Entries"]})


@EVENTS.case(_RESULT, [1, [True, "MalformedDetail", True]])
def a_malformed_detail_fails_alone(aws: Subject) -> Any:
    return _answers(aws, _entry(aws), _entry(aws, "not json"), _entry(aws))


@EVENTS.case(_RESULT, [1, [True, "InvalidArgument"]])
def an_entry_without_a_source_fails_alone(aws: Subject) -> Any:
    return _answers(aws, _entry(aws), _entry(aws, Source=""))


@EVENTS.case(_RESULT, [1, ["InvalidArgument", True]])
def an_entry_without_a_detail_type_fails_alone(aws: Subject) -> Any:
    return _answers(aws, _entry(aws, DetailType=""), _entry(aws))


@EVENTS.case(_RESULT, [1, ["NotAuthorizedForSourceException", True]])
def a_source_of_awss_own_fails_alone(aws: Subject) -> Any:
    return _answers(aws, _entry(aws, Source="aws.ec2"), _entry(aws))


@EVENTS.case(_ENTRIES, [ACCEPTED, VALIDATION])
def at_most_ten_entries(aws: Subject) -> Any:
    return [answer(partial(aws.events.put_events, Entries=[_entry(aws)] * count)) for count in (10, 11)]


@EVENTS.case(_ENTRIES, VALIDATION)
def no_entries(aws: Subject) -> Any:
    return answer(lambda: aws.events.put_events(Entries=[]))


def _of_size(total: int) -> str:
    overhead = len("me") + len("Thing") + len('{"a":""}')
    return json.dumps({"a": "x" * (total - overhead)}, separators=(",", ":"))


@EVENTS.case(_ENTRIES, [ACCEPTED, VALIDATION])
def entries_stay_below_a_megabyte(aws: Subject) -> Any:
    sizes = (_MEGABYTE - 1, _MEGABYTE)
    return [answer(partial(aws.events.put_events, Entries=[_entry(aws, _of_size(size))])) for size in sizes]


@EVENTS.case(_ENTRIES, VALIDATION)
def the_megabyte_is_of_all_entries_together(aws: Subject) -> Any:
    half = _of_size(_MEGABYTE // 2)
    return answer(lambda: aws.events.put_events(Entries=[_entry(aws, half), _entry(aws, half)]))


@EVENTS.case("EventBridge User Guide, Calculating PutEvents event entry size", VALIDATION)
def a_size_counts_bytes(aws: Subject) -> Any:
    detail = json.dumps({"a": "é" * (_MEGABYTE // 2)}, ensure_ascii=False)
    return answer(lambda: aws.events.put_events(Entries=[_entry(aws, detail)]))
