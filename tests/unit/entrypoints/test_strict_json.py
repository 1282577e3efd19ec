"""Bytes become a JSON object, or are refused with a reason of their own."""

from typing import Any

import pytest

from saga_orchestrator.domain.errors import RejectedEvent, RejectReason
from saga_orchestrator.entrypoints.strict_json import MAX_EVENT_BYTES, decode_base64, parse_object

LIMIT = 6 * 1024 * 1024


def refusal_of(content: bytes) -> tuple[RejectReason, str]:
    with pytest.raises(RejectedEvent) as refused:
        parse_object(content)
    assert refused.value.__cause__ is None
    return refused.value.reason, refused.value.detail


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"{}", {}),
        (b'{"a": 1, "b": [1.5, {"a": null}]}', {"a": 1, "b": [1.5, {"a": None}]}),
        ('{"ä": "\U0001f40d"}'.encode(), {"ä": "\U0001f40d"}),
        (b'{"a": 1e308, "b": -1e308, "c": -0.5}', {"a": 1e308, "b": -1e308, "c": -0.5}),
        (b'{"a": 1e309, "b": -1e309}', {"a": float("inf"), "b": -float("inf")}),
        (b'{"a": ' + b"9" * 5_000 + b', "b": 7}', {"a": float("inf"), "b": 7}),
        (b'{"\\ud800": "\\udfff"}', {"\ud800": "\udfff"}),
    ],
)
def test_an_object_is_read(content: bytes, value: dict[str, Any]) -> None:
    assert parse_object(content) == value


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        (b"\xff{}", RejectReason.NOT_UTF8, "the event is not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', RejectReason.NOT_UTF8, "the event is not UTF-8"),
        (b"\xef\xbb\xbf{}", RejectReason.NOT_JSON, "the event is not JSON"),
        (b"{", RejectReason.NOT_JSON, "the event is not JSON"),
        (b"", RejectReason.NOT_JSON, "the event is not JSON"),
        (b"[]", RejectReason.NOT_JSON, "the event is no JSON object"),
        (b"null", RejectReason.NOT_JSON, "the event is no JSON object"),
        (b'"text"', RejectReason.NOT_JSON, "the event is no JSON object"),
        (b'{"a": ' * 100_000, RejectReason.NOT_JSON, "the event is nested too deeply"),
        (b'{"a": 1, "a": 1}', RejectReason.DUPLICATE_KEY, "an object has the same key twice"),
        (b'{"b": {"a": 1, "a": 2}}', RejectReason.DUPLICATE_KEY, "an object has the same key twice"),
        (b'{"a": NaN}', RejectReason.NOT_JSON, "NaN and Infinity are not JSON"),
        (b'{"a": -Infinity}', RejectReason.NOT_JSON, "NaN and Infinity are not JSON"),
        (b'{"a": ' + b"9" * 5_000 + b', "a": 1}', RejectReason.DUPLICATE_KEY, "an object has the same key twice"),
        (b'{"a": ' + b"9" * 5_000 + b', "b": NaN}', RejectReason.NOT_JSON, "NaN and Infinity are not JSON"),
        (b'{"a": ' + b"9" * 5_000, RejectReason.NOT_JSON, "the event is not JSON"),
    ],
    ids=range(16),
)
def test_what_is_no_strict_json_object_is_refused(content: bytes, reason: RejectReason, detail: str) -> None:
    assert refusal_of(content) == (reason, detail)


def test_the_size_is_bounded_to_the_byte() -> None:
    assert MAX_EVENT_BYTES == LIMIT
    filler = b" " * (LIMIT - 2)

    assert parse_object(b"{" + filler + b"}") == {}
    assert refusal_of(b"{ " + filler + b"}") == (
        RejectReason.TOO_LARGE,
        "the event is larger than 6291456 bytes",
    )


def test_base64_is_decoded() -> None:
    assert decode_base64("e30=") == b"{}"
    assert decode_base64("") == b""


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (None, "the record's value is no string"),
        (b"e30=", "the record's value is no string"),
        (7, "the record's value is no string"),
        ("e30", "the record's value is not base64"),
        ("e!30=", "the record's value is not base64"),
        ("e30=\n", "the record's value is not base64"),
        ("ä", "the record's value is not base64"),
    ],
)
def test_what_is_no_base64_is_refused(text: object, detail: str) -> None:
    with pytest.raises(RejectedEvent) as refused:
        decode_base64(text)

    assert (refused.value.reason, refused.value.detail) == (RejectReason.NOT_BASE64, detail)
    assert refused.value.__cause__ is None
