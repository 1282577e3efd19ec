"""What a million happy sagas cost in us-east-1, as the table of docs/costs.md: `python -m tests.release.docs.price`.

A happy saga is EXECUTION_REQUESTED, STARTED and COMPLETED, all over EventBridge, in a language with a limit. List
prices, no free tier, no cold starts. What AWS alone can say (durations, Lambda's own log lines) is an assumption and
named so.
"""

import sys
from dataclasses import dataclass
from typing import Final

# Counted: tests/release/docs/test_price.py counts them again on the real handlers.
WRITE_UNITS: Final = 5 + 4 + 6
SCRIPT_PUTS: Final = 1
EVENTS_IN: Final = 3
MESSAGES_OUT: Final = 3
RELAYED_RECORDS: Final = 2
OWN_LOG_BYTES: Final = 3_000

# Assumed.
BILLED_SECONDS: Final = 0.05
"""An invocation, warm; the relay's batches hold one record each, which is the dearest case."""
LAMBDA_LOG_BYTES: Final = 600
"""Lambda's own start and report lines, for each invocation."""
MEMORY_GB: Final = 0.5
ITEM_GB: Final = 1_100 / 1e9
"""1 KB and DynamoDB's 100 bytes of overhead, kept for a month."""

# Dollars.
WRITE_UNIT: Final = 0.625e-6
S3_PUT: Final = 5.0e-6
S3_GET: Final = 0.4e-6
LAMBDA_REQUEST: Final = 0.20e-6
LAMBDA_GB_SECOND_ARM: Final = 0.0000133334
CUSTOM_EVENT: Final = 1.0e-6
LOG_GB: Final = 0.50
TABLE_GB_MONTH: Final = 0.25 + 0.20
"""Storage and point-in-time recovery."""


@dataclass(frozen=True, slots=True)
class Line:
    service: str
    arithmetic: str
    per_saga: float

    @property
    def per_million(self) -> float:
        return self.per_saga * 1e6


def lines() -> tuple[Line, ...]:
    invocations = EVENTS_IN + RELAYED_RECORDS
    log_bytes = OWN_LOG_BYTES + invocations * LAMBDA_LOG_BYTES
    return (
        Line("DynamoDB writes", f"{WRITE_UNITS} write units x $0.625/M", WRITE_UNITS * WRITE_UNIT),
        Line("S3, the script's put", f"{SCRIPT_PUTS} x $5/M", SCRIPT_PUTS * S3_PUT),
        Line("S3, the worker's get", f"{SCRIPT_PUTS} x $0.40/M", SCRIPT_PUTS * S3_GET),
        Line("EventBridge, events in", f"{EVENTS_IN} x $1/M", EVENTS_IN * CUSTOM_EVENT),
        Line("EventBridge, messages out", f"{MESSAGES_OUT} x $1/M", MESSAGES_OUT * CUSTOM_EVENT),
        Line(
            "Lambda requests",
            f"({EVENTS_IN} events + {RELAYED_RECORDS} stream records) x $0.20/M",
            invocations * LAMBDA_REQUEST,
        ),
        Line(
            "Lambda duration",
            f"{invocations} x {BILLED_SECONDS * 1000:.0f} ms (assumed) x 512 MB x $0.0000133334/GB-s",
            invocations * BILLED_SECONDS * MEMORY_GB * LAMBDA_GB_SECOND_ARM,
        ),
        Line("CloudWatch Logs", f"{log_bytes:,} bytes (half assumed) x $0.50/GB", log_bytes / 1e9 * LOG_GB),
        Line("DynamoDB storage", "1.1 KB for a month x ($0.25 + $0.20 backup)/GB", ITEM_GB * TABLE_GB_MONTH),
        Line("Stream reads by Lambda, SQS", "none", 0.0),
    )


def total() -> float:
    """Dollars for a million sagas."""
    return sum(line.per_million for line in lines())


def render() -> str:
    """The Markdown table."""
    rows = [f"| {line.service} | {line.arithmetic} | {line.per_million:.2f} |\n" for line in lines()]
    head = "| what | for each saga | $ per million sagas |\n|---|---|---|\n"
    return f"{head}{''.join(rows)}| **sum** | | **{total():.2f}** |\n"


if __name__ == "__main__":
    sys.stdout.write(render())
