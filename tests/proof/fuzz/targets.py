"""What is fuzzed: each target takes any bytes and says what became of them. What it raises is a finding."""

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from saga_orchestrator.adapters.saga_codec import Item, decode, encode
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.domain.errors import CorruptSaga, RejectedEvent, SagaError, UnknownMessageKey
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.decoding import ForeignEventType, decode_event
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_orchestrator.entrypoints.strict_json import decode_base64, parse_object
from saga_testing.aws.dynamodb.attribute_values import checked_item
from saga_testing.aws.errors import Refused
from saga_testing.lambda_context import Context
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire
from sagas.execution import EXECUTION_SAGA
from tests.proof.exhaustion.deployment import CheckedDeployment
from tests.proof.exhaustion.scenarios import HOUR_MS

Target = Callable[[bytes], list[str]]
"""The outcomes of one input, for the report."""

_TYPES: Final = tuple(EventType)
_BUCKETS: Final = frozenset({"scripts"})


class Finding(AssertionError):
    """No exception escaped, and yet something is wrong."""


def decoder(content: bytes) -> list[str]:
    """As a Kafka record brings it: base64 around it, JSON in it, and each of the six functions reading it."""
    if decode_base64(base64.b64encode(content).decode()) != content:
        msg = "base64 does not come back as it was"
        raise Finding(msg)
    outcomes = _read(content)
    try:
        inner = decode_base64(content.decode("latin-1"))
    except RejectedEvent as rejected:
        return [*outcomes, f"RejectedEvent: {rejected.reason}"]
    return [*outcomes, *_read(inner)]


def _read(content: bytes) -> list[str]:
    try:
        fields = parse_object(content)
    except RejectedEvent as rejected:
        return [f"RejectedEvent: {rejected.reason}"]
    outcomes: list[str] = []
    for expected in _TYPES:
        try:
            event = decode_event(fields, expected, script_buckets=_BUCKETS)
        except RejectedEvent as rejected:
            outcomes.append(f"RejectedEvent: {rejected.reason}")
        except ForeignEventType:
            outcomes.append("ForeignEventType")
        else:
            outcomes.append(f"accepted as {event.type}")
    return outcomes


def codec(content: bytes) -> list[str]:
    """As the stream brings it: an image, read into a saga, which can be written again and whose messages render."""
    image = _json(content)
    if not isinstance(image, dict):
        return ["no image"]
    try:
        item = to_item(image)
        saga = decode(item)
    except CorruptSaga:
        return ["CorruptSaga"]
    if not _could_be_stored(item):
        return ["read, though no table could hold it"]
    if {"S": ""} in item.values():
        return ["read, with an empty text, which is never written"]
    written = encode(saga)
    if encode(decode(written)) != written:
        msg = "what was written is read as something else"
        raise Finding(msg)
    return ["read", *_rendered(saga), *_relayed(image), *_checked(item)]


def _could_be_stored(item: Item) -> bool:
    try:
        checked_item(item)
    except (Refused, UnicodeEncodeError):  # a lone surrogate is no UTF-8
        return False
    return True


def _rendered(saga: Saga) -> list[str]:
    outcomes: list[str] = []
    for key in {key for entry in saga.timeline for key in entry.messages}:
        try:
            render(saga, key, EXECUTION_SAGA).encode()
        except (UnknownMessageKey, CorruptSaga) as promised:
            outcomes.append(type(promised).__name__)
        else:
            outcomes.append("rendered")
    return outcomes


class _Attentive(RecordingTelemetry):
    """A record that breaks the relay is delivered again until it is too old, and holds up its shard: it must not be."""

    def warn(self, message: str, **fields: Any) -> None:
        if message == "record breaks the relay":
            msg = f"{message}: {fields}"
            raise Finding(msg)


def _relayed(image: dict[str, Any]) -> list[str]:
    at = CheckedDeployment().container(telemetry=_Attentive())
    record = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1", "Keys": {}, "NewImage": image}}
    answer = CommandRelay(at).run({"Records": [record]}, Context())
    return ["relay: later" if answer["batchItemFailures"] else "relay: sent or rejected"]


def _checked(item: Item) -> list[str]:
    """One saga that cannot be ended must not keep the checker from all the others."""
    deployment = CheckedDeployment()
    try:
        deployment.table.put_item(TableName="sagas", Item=item)
    except ClientError:
        return []
    deployment.now += HOUR_MS
    sweep = CheckTimeouts(deployment.container(wire=Wire())).run({}, Context())
    return [f"checker: {sweep['timed_out']} of {sweep['due']} timed out"]


def envelopes(content: bytes) -> list[str]:
    """As anybody with the right to invoke may: whatever the payload, it is rejected, ignored or refused by name."""
    payload = _json(content)
    deployment = CheckedDeployment()
    at = deployment.container()
    # Nothing goes wrong at AWS here, so an event function has nothing to raise: it would be delivered for ever.
    EventFunction(at, _function_for(payload, content)).run(payload, Context())
    rejected = [
        "rejected: " + json.loads(body)["reason"] for body in deployment.queue.bodies(at.settings.rejected_queue_url)
    ]
    CheckTimeouts(at).run(payload, Context())
    try:
        CommandRelay(at).run(payload, Context())
    except SagaError as named:
        return [*rejected, f"relay: {type(named).__name__}"]
    return [*rejected, "relay: answered"]


def _function_for(payload: Any, content: bytes) -> EventType:
    """The one that the payload is meant for, three times of four."""
    chosen = zlib.crc32(content)
    meant = payload.get("detail-type") if isinstance(payload, dict) else None
    if isinstance(meant, str) and meant in set(_TYPES) and chosen % 4:
        return EventType(meant)
    return _TYPES[chosen % len(_TYPES)]


def _json(content: bytes) -> Any:
    """The runtime parses payloads before a handler sees them; what it cannot parse never arrives."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


TARGETS: Final[dict[str, Target]] = {"decoder": decoder, "codec": codec, "envelopes": envelopes}
