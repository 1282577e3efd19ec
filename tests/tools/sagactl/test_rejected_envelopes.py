"""What was kept of a Kafka record becomes the same event again: its value alone would not say what it is."""

from typing import Any

import pytest

from saga_orchestrator.application.settling.envelopes import envelope
from saga_orchestrator.application.settling.kept import Kept, Kind, NotRedrivableError
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import terms_of
from saga_orchestrator.entrypoints.kafka_batch import KafkaRecord
from saga_orchestrator.entrypoints.strict_json import decode_base64
from saga_testing.samples.enveloped import as_headers, batch, cloudevent, record
from saga_testing.samples.sample_events import NOW_MS, event

BINARY = cloudevent(event("EXECUTION_REQUESTED", "ex-\u00e4"))
UNTYPED = {key: value for key, value in event("EXECUTION_REQUESTED").items() if key != "event_type"}
RECORDS = {
    "plain": record(event("EXECUTION_REQUESTED")),
    "binary CloudEvent": record(BINARY["data"], as_headers(BINARY)),
    "structured CloudEvent": record(BINARY, {"content-type": "application/cloudevents+json"}),
    "type in a header": record(UNTYPED, {"event_type": "execution_requested", "traceparent": "00-1-1-01"}),
    "decoded Avro": record(event("EXECUTION_REQUESTED", timestamp=NOW_MS), written_as="AVRO"),
}


def sole_record(invocation: dict[str, Any]) -> KafkaRecord:
    ((partition, (raw,)),) = invocation["records"].items()
    return KafkaRecord(partition, raw, terms_of(EventType.REQUESTED, ""), "cluster")


@pytest.mark.parametrize("sent", RECORDS.values(), ids=RECORDS)
def test_a_redriven_record_is_read_as_it_was(sent: dict[str, Any]) -> None:
    before = sole_record(batch(sent))
    kept = Kept("id", Kind.REJECTED, "malformed", "", "kafka", before.place, "f", "", 1, {})

    after = sole_record(envelope(kept, decode_base64(before.value)))

    assert after.fields == before.fields
    assert (after.place, after.value) == (before.place, before.value)


def test_a_header_that_cannot_be_read_is_not_kept() -> None:
    unreadable = record(BINARY["data"], as_headers(BINARY)) | {"headers": [{"ce_id": [-1]}]}

    assert "headers" not in sole_record(batch(unreadable)).place


def test_a_value_that_was_no_base64_is_delivered_as_the_text_that_came() -> None:
    """Or it would be another record, set aside for another reason."""
    sent = batch(record(event("EXECUTION_REQUESTED")) | {"value": "*no base64*"})
    kept = Kept("id", Kind.REJECTED, "not_base64", "", "kafka", sole_record(sent).place, "f", "", 1, {})

    assert sole_record(envelope(kept, b'"*no base64*"')).value == "*no base64*"
    with pytest.raises(NotRedrivableError):
        envelope(kept, b"*no base64*")
