"""What a function's answer to a stream batch means (Developer Guide, Reporting batch item failures)."""

from typing import Any

import pytest

from local_stack.sources.stream_mapping import first_failure

RECORDS: list[dict[str, Any]] = [{"dynamodb": {"SequenceNumber": str(number)}} for number in (10, 11, 12)]


@pytest.mark.parametrize(
    ("answer", "position"),
    [
        (b"null", None),
        (b"", None),
        (b"{}", None),
        (b'"text"', None),
        (b'{"batchItemFailures": []}', None),
        (b'{"batchItemFailures": null}', None),
        (b'{"batchItemFailures": [{"itemIdentifier": "11"}]}', 1),
        (b'{"batchItemFailures": [{"itemIdentifier": "12"}, {"itemIdentifier": "11"}]}', 1),
        (b'{"batchItemFailures": [{"itemIdentifier": "10"}]}', 0),
        (b'{"batchItemFailures": [{"itemIdentifier": ""}]}', 0),
        (b'{"batchItemFailures": [{"itemIdentifier": null}]}', 0),
        (b'{"batchItemFailures": [{"wrong": "11"}]}', 0),
        (b'{"batchItemFailures": [{"itemIdentifier": "99"}, {"itemIdentifier": "12"}]}', 0),
        (b'{"batchItemFailures": ["11"]}', 0),
        (b'{"batchItemFailures": [{"itemIdentifier": {"partition": "t-0", "offset": 11}}]}', 0),
        (b'{"batchItemFailures": [{"itemIdentifier": 11}]}', 0),
        (b'{"batchItemFailures": {"itemIdentifier": "11"}}', 0),
        (b'{"batchItemFailures": 1}', 0),
    ],
)
def test_the_lowest_reported_record_is_the_checkpoint(answer: bytes, position: int | None) -> None:
    assert first_failure(answer, RECORDS) == position
