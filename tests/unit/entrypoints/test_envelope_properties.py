"""Whatever stands around a value: fields, or a rejection with a reason, and never anything else."""

import base64
import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.envelopes.headers import ATTRIBUTES
from saga_orchestrator.entrypoints.envelopes.opening import from_detail, from_record
from saga_orchestrator.entrypoints.event_function import terms_of
from saga_orchestrator.entrypoints.kafka_batch import KafkaRecord

TERMS = terms_of(EventType.REQUESTED, "OTHER")
FIELDS = ("event_id", "event_type", "timestamp", "execution_id", "metadata", "priority", "data", "data_base64")
texts = st.one_of(
    st.text(max_size=12), st.sampled_from(["1.0", "OTHER", "EXECUTION_REQUESTED", "2026-01-01T00:00:00Z"])
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
names = st.one_of(
    st.sampled_from([*FIELDS, *ATTRIBUTES, "datacontenttype", "content-type", "__value_schema_id"]),
    st.sampled_from([f"{prefix}{name}" for name in ATTRIBUTES for prefix in ("ce_", "ce-")]),
    texts,
)
objects = st.dictionaries(names, values, max_size=8)
headers = st.one_of(
    st.none(),
    values,
    st.lists(st.dictionaries(names, st.one_of(values, st.lists(st.integers(-200, 300), max_size=8)), max_size=2)),
)
contents = st.one_of(st.binary(max_size=40), objects.map(lambda value: json.dumps(value).encode()))
records = st.fixed_dictionaries(
    {"offset": st.just(1)},
    optional={
        "value": st.one_of(values, contents.map(lambda content: base64.b64encode(content).decode())),
        "headers": headers,
        "valueSchemaMetadata": st.one_of(
            values, st.fixed_dictionaries({"dataFormat": st.sampled_from(["AVRO", "PROTOBUF", "JSON", 7])})
        ),
    },
)


def outcome_of(read: Callable[[], Any]) -> Any:
    """The fields, or the text of the rejection; whatever else is raised fails the test."""
    try:
        return read()
    except RejectedEvent as rejected:
        return rejected.detail


@given(records)
@settings(max_examples=400, deadline=None)
def test_a_record_is_read_or_rejected(raw: dict[str, Any]) -> None:
    record = KafkaRecord("topic-0", raw, TERMS)
    assert isinstance(outcome_of(lambda: from_record(raw, TERMS)), dict | str)
    assert record.is_tombstone in {True, False}
    json.dumps(record.place)


@given(objects)
@settings(max_examples=400, deadline=None)
def test_a_detail_is_read_or_rejected_and_never_changed(detail: dict[str, Any]) -> None:
    before = repr(detail)
    assert isinstance(outcome_of(lambda: from_detail(detail, TERMS)), dict | str)
    assert repr(detail) == before
