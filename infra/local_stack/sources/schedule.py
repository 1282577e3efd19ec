"""EventBridge Scheduler: invokes a function asynchronously at a rate (User Guide, Schedule types, Rate-based
schedules)."""

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_stack.aws import function_name_of
from local_stack.background_thread import BackgroundThread
from local_stack.errors import UnsupportedResource
from local_stack.functions import service_of
from local_stack.stack_event import EventKind, EventSink, happening

TYPE = "AWS::Scheduler::Schedule"
_RATE = re.compile(r"rate\((\d+) (second|minute|hour|day)s?\)")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True)
class Schedule:
    """One schedule whose target is a function of the stack."""

    name: str
    arn: str
    function: str
    interval_seconds: float
    payload: str | None
    dead_letter_arn: str | None


def schedule_of(logical_id: str, name: str, arn: str, properties: Mapping[str, Any]) -> Schedule | None:
    """None when it is disabled. Raises UnsupportedResource for anything but a rate and a Lambda target."""
    if properties.get("State", "ENABLED") == "DISABLED":
        return None
    target = properties["Target"]
    match = _RATE.fullmatch(properties["ScheduleExpression"])
    if not match or service_of(target["Arn"]) != "lambda":
        raise UnsupportedResource(TYPE, logical_id, "the local stack runs rate(...) schedules with a Lambda target")
    return Schedule(
        name=name,
        arn=arn,
        function=function_name_of(target["Arn"]),
        interval_seconds=float(int(match[1]) * _SECONDS[match[2]]),
        payload=target.get("Input"),
        dead_letter_arn=target.get("DeadLetterConfig", {}).get("Arn"),
    )


class Ticker(BackgroundThread):
    """Fires one schedule until closed. The first tick comes one interval after the start, as for a schedule that has
    just been created."""

    def __init__(
        self, schedule: Schedule, interval: float | None, invoke_async: Callable[[str, bytes], object], sink: EventSink
    ) -> None:
        super().__init__(f"schedule-{schedule.name}")
        self._schedule, self._invoke_async, self._sink = schedule, invoke_async, sink
        self._interval = schedule.interval_seconds if interval is None else interval

    def work(self) -> None:
        due = time.monotonic() + self._interval
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            self._invoke_async(self._schedule.function, self._payload())
            self._sink(happening(EventKind.SCHEDULE_TICK, self._schedule.function, self._schedule.name))
            # From the due time, not from now: the rate holds however long a tick took. Ticks that the machine slept
            # through are not made up for.
            due = max(due + self._interval, time.monotonic())

    def _payload(self) -> bytes:
        """User Guide, Customizing the payload: the given input with context attributes replaced, else Scheduler's own
        event."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self._schedule.payload is None:
            return json.dumps(_scheduled_event(self._schedule.arn, now)).encode()
        attributes = {
            "schedule-arn": self._schedule.arn,
            "scheduled-time": now,
            "execution-id": str(uuid.uuid4()),
            "attempt-number": "1",
        }
        text = self._schedule.payload
        for name, value in attributes.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return text.encode()


def _scheduled_event(arn: str, now: str) -> dict[str, Any]:
    _, _, _, region, account, _ = arn.split(":", 5)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account,
        "time": now,
        "region": region,
        "resources": [arn],
        "detail": "{}",
    }
