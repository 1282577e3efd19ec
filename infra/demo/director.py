"""Plays the workload: sends each beat when what it waits for has been seen, and never too many executions at once."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from demo.bad_events import BadEvent
from demo.cases import Beat, Fact, What
from demo.executions import SCRIPT_BUCKET, Execution, body_of
from demo.observer import Observer
from demo.post import Post
from demo.workload import Workload
from local_worker import PodNews
from sagas.execution import EXECUTION_SAGA
from stack_client import Transport

_ROUND_SECONDS = 0.05
_STUB_LOOK_SECONDS = 0.25
_OPEN_AT_ONCE = 48
_PATIENT = frozenset({"stuck", "mute", "burst"})
"""Cases that only wait: they take no place among the open executions."""


@dataclass(frozen=True)
class Stage:
    """What the director works with."""

    dynamodb: Any
    s3: Any
    table: str
    post: Post
    observer: Observer
    event_source: str
    operator_source: str


@dataclass
class _Open:
    """An execution that has begun and has not ended, with the beats that are still to come."""

    execution: Execution
    beats: list[Beat]
    seen_stub: bool = False


@dataclass
class Progress:
    """How far the play is; read by the display while it is written."""

    total: int
    begun: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    """Events and commands sent more than once."""

    @property
    def ended(self) -> int:
        return self.outcomes.total()


class Director:
    """Plays a workload once. `pod_news` may be called from any thread, the rest from one."""

    def __init__(self, workload: Workload, stage: Stage) -> None:
        self._stage = stage
        self._coming = list(workload.executions)
        self._bad = iter(workload.bad_events)
        self._open: dict[str, _Open] = {}
        self._pods_started: set[str] = set()
        self._lock = threading.Lock()
        self._next_look = 0.0
        self.progress = Progress(len(workload.executions))

    def pod_news(self, news: PodNews) -> None:
        """What the worker reports."""
        if news.what == "EXECUTION_STARTED":
            with self._lock:
                self._pods_started.add(news.execution_id)

    def play(self, deadline: float, show: Callable[[Progress], None]) -> list[str]:
        """Until everything has ended, or the deadline; returns the ids that are still open then."""
        while (self._coming or self._open) and time.monotonic() < deadline:
            begin = time.monotonic()
            self._begin_some()
            self._look_for_stubs(begin)
            for opened in list(self._open.values()):
                self._advance(opened)
            self._send_bad_event()
            self._stage.post.flush()
            show(self.progress)
            time.sleep(max(0.0, _ROUND_SECONDS - (time.monotonic() - begin)))
        for bad in self._bad:
            self._send(bad)
        self._stage.post.flush()
        return [*self._open, *(execution.id for execution in self._coming)]

    def _begin_some(self) -> None:
        """Take up what fits: a light execution is not kept waiting by a heavy one before it."""
        impatient = sum(opened.execution.case.slug not in _PATIENT for opened in self._open.values())
        waves = {opened.execution.case.wave for opened in self._open.values()}
        heavy = any(opened.execution.case.heavy for opened in self._open.values())
        wave = min([*waves, *(execution.case.wave for execution in self._coming)], default=0)
        for execution in list(self._candidates(wave)):
            patient = execution.case.slug in _PATIENT
            if (impatient >= _OPEN_AT_ONCE and not patient) or (heavy and execution.case.heavy):
                continue
            self._coming.remove(execution)
            self._begin(execution)
            impatient += not patient
            heavy = heavy or execution.case.heavy

    def _candidates(self, wave: int) -> Iterator[Execution]:
        return (execution for execution in self._coming[: 2 * _OPEN_AT_ONCE] if execution.case.wave == wave)

    def _begin(self, execution: Execution) -> None:
        self.progress.begun += 1
        if execution.by_reference:
            self._stage.s3.put_object(Bucket=SCRIPT_BUCKET, Key=execution.script_key, Body=execution.script)
        self._open[execution.id] = _Open(execution, list(execution.case.beats))

    def _advance(self, opened: _Open) -> None:
        execution = opened.execution
        while opened.beats and self._seen(opened, opened.beats[0].after):
            self._send_beat(execution, opened.beats.pop(0))
        if not opened.beats and self._seen(opened, Fact.ENDED):
            del self._open[execution.id]
            for outcome in self._stage.observer.outcomes(execution.id):
                self.progress.outcomes[outcome.removeprefix("SAGA_").lower()] += 1

    def _seen(self, opened: _Open, fact: Fact | None) -> bool:
        execution_id, observer = opened.execution.id, self._stage.observer
        match fact:
            case None:
                return True
            case Fact.REMEMBERED:
                return opened.seen_stub
            case Fact.COMMANDED:
                return observer.count(execution_id, "CREATE_POD_COMMAND") > 0
            case Fact.POD_STARTED:
                with self._lock:
                    return execution_id in self._pods_started
            case Fact.ENDED:
                return observer.has_ended(execution_id)

    def _look_for_stubs(self, now: float) -> None:
        if now < self._next_look:
            return
        self._next_look = now + _STUB_LOOK_SECONDS
        for opened in self._open.values():
            if not opened.seen_stub and opened.beats and opened.beats[0].after is Fact.REMEMBERED:
                opened.seen_stub = self._has_stub(opened.execution.id)

    def _has_stub(self, execution_id: str) -> bool:
        key = {"execution_id": {"S": execution_id}, "saga_name": {"S": EXECUTION_SAGA.name}}
        return "Item" in self._stage.dynamodb.get_item(TableName=self._stage.table, Key=key, ConsistentRead=True)

    def _send_beat(self, execution: Execution, beat: Beat) -> None:
        if beat.what is What.COMMAND_AGAIN:
            command = self._stage.observer.message(execution.id, "CREATE_POD_COMMAND")
            self._stage.post.put("CREATE_POD_COMMAND", json.dumps(command, ensure_ascii=False), "saga-orchestrator")
            self.progress.copies += 1
            return
        event_type, body = body_of(execution, beat.what)
        self.progress.copies += beat.copies - 1 + (beat.what is What.REQUEST_AGAIN)
        for _ in range(beat.copies):
            if beat.what is What.CANCEL_BY_OPERATOR:
                self._stage.post.put(event_type, json.dumps(body), self._stage.operator_source)
            elif execution.transport is Transport.KAFKA:
                self._stage.post.produce(event_type, execution.id, json.dumps(body).encode())
            else:
                self._stage.post.put(event_type, json.dumps(body), self._stage.event_source)

    def _send_bad_event(self) -> None:
        if (bad := next(self._bad, None)) is not None:
            self._send(bad)

    def _send(self, bad: BadEvent) -> None:
        if bad.transport is Transport.KAFKA:
            self._stage.post.produce(bad.event_type, bad.title, bad.content)
        else:
            self._stage.post.put(bad.event_type, (bad.content or b"{}").decode(), self._stage.event_source)
