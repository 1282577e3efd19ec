"""Bugs in what a saga becomes and in what it says to others: each is there for one oracle that few others share."""

from typing import Final

from saga_orchestrator.adapters.rejected_events import RejectedEvents
from saga_orchestrator.application.apply_event import SagaWriter
from saga_orchestrator.application.check_timeouts import TimeoutChecker
from saga_orchestrator.application.relay import Relay
from saga_orchestrator.application.sendable import newly_emitted
from saga_orchestrator.domain import decide, render, saga
from saga_orchestrator.domain.executions import beginnings, endings
from saga_orchestrator.domain.executions.early import _early, remember
from saga_orchestrator.entrypoints.decoding import _requested, _to_domain
from saga_orchestrator.entrypoints.event_function import EventFunction
from tests.proof.simulation.faults.code_edits import Mutant, edit

_CONFLICT: Final = "if saga.request_hash != event.request_hash:\n"

OUTCOME_MUTANTS: Final = (
    Mutant(
        "start takes the deadline away",
        "S8b",
        edit(decide._started, "deadline=deadline", "deadline=None"),
    ),
    Mutant(
        "saga starts without its claim",
        "S8c",
        edit(decide._start, "Verdict.APPLIED, claims=claims,", "Verdict.APPLIED, claims=None,"),
    ),
    Mutant(
        "start creates the pod again",
        "S4",
        edit(decide._started, "emit(saga, entry, (),", 'emit(saga, entry, ("create_pod",),'),
    ),
    Mutant(
        "end overwrites whose saga it is",
        "S13",
        edit(decide._report, "claim=None)", "claim=None, correlation_id=event.event_id)"),
    ),
    Mutant(
        "owner without case",
        "S13c",
        edit(beginnings.identified_saga, "owner=event.owner", "owner=event.owner and event.owner.title()"),
    ),
    Mutant(
        "actors compared without case",
        "S13b",
        edit(endings.authorise, "actor == owner", "actor.lower() == (owner or '')"),
    ),
    Mutant("exit code lost", "S3c", edit(endings.end, "exit_code=ending.exit_code", "exit_code=None")),
    Mutant("error type lost", "S3c", edit(endings.end, "error_type=ending.error_type", "error_type=None")),
    Mutant(
        "remembered failure has another exit code",
        "S3c",
        edit(
            _early,
            "event.exit_code if isinstance(event, ExecutionCompleted | ExecutionFailed)",
            "1 if isinstance(event, ExecutionFailed)",
        ),
    ),
    Mutant(
        "start deadline a tenth too long",
        "S10c",
        edit(beginnings.first_deadline, "start_deadline_seconds * 1000", "start_deadline_seconds * 1100"),
    ),
    Mutant(
        "ended saga kept for ten retentions",
        "S15c",
        edit(endings.end, "+ policy.retention_seconds", "+ 10 * policy.retention_seconds"),
    ),
    Mutant(
        "checker comes two minutes late", "L1b", edit(TimeoutChecker.run, "= self.clock()", "= self.clock() - 120_000")
    ),
    Mutant(
        "messages of a write leave in the order of their names",
        "S6b",
        edit(newly_emitted, '(new_outbox or "").split()', 'sorted((new_outbox or "").split())'),
    ),
    Mutant(
        "stub keeps every cancel",
        "S17",
        edit(remember, "len(same_type) >= MAX_EARLY_CANCELS and not trusted", "False"),
    ),
    Mutant("rejected event cut", "L4c", edit(RejectedEvents.keep, "Body=content", "Body=content[:100]")),
    Mutant(
        "request with other content taken over",
        "S14",
        edit(
            decide._repeated,
            _CONFLICT,
            f"{_CONFLICT}        taken = replace(saga, version=saga.version + 1, outbox=(), "
            "request_hash=event.request_hash)\n        return Decision(taken, Verdict.APPLIED)\n",
        ),
    ),
    Mutant(
        "redelivered request looks like another one",
        "S14b",
        edit(
            _requested,
            "_content_hash(request, wire.metadata.user_id)",
            "_content_hash(request, wire.metadata.user_id)[:8] + id(wire).to_bytes(24)",
        ),
    ),
    Mutant(
        "deadline ends a saga as failed",
        "S20b",
        edit(decide._time_out, "Ending(SagaState.TIMEOUT, reason)", "Ending(SagaState.FAILED, reason)"),
    ),
    Mutant(
        "start deadline in tenths of seconds",
        "C1",
        edit(beginnings.first_deadline, "start_deadline_seconds * 1000", "start_deadline_seconds * 100"),
    ),
    Mutant("outbox keeps what was sent", "S17", edit(saga.emit, "outbox=keys", "outbox=(*saga.outbox, *keys)")),
    Mutant(
        "execution ids without case",
        "S20",
        edit(_to_domain, '"execution_id": wire.execution_id,', '"execution_id": wire.execution_id.upper(),'),
    ),
    Mutant(
        "script stored under the event's id",
        "S5b",
        edit(SagaWriter._store_script, "self.scripts.put(event.execution_id,", "self.scripts.put(event.event_id,"),
    ),
    Mutant(
        "delete names the saga",
        "L3",
        edit(
            render.render,
            '"execution_id": saga.execution_id,',
            '"execution_id": saga.saga_id if kind == "delete_pod" else saga.execution_id,',
        ),
    ),
    Mutant(
        "create never expires",
        "S9d",
        edit(
            beginnings.requested_saga,
            "create_before=now + policy.start_deadline_seconds * 1000",
            "create_before=now * 2",
        ),
    ),
    Mutant(
        "message carries the time it is sent",
        "S4b",
        edit(
            Relay._complete,
            "if not message.wants_script:",
            'message = replace(message, body={**message.body, "sent_at": self.rejected().clock()})\n'
            "        if not message.wants_script:",
        ),
    ),
    Mutant(
        "inlined script under another name",
        "S16b",
        edit(Relay._complete, '"script": script', '"source": script'),
    ),
    Mutant(
        "pointer quotes the event",
        "S16c",
        edit(
            RejectedEvents.keep, '"detail": detail,', '"detail": detail + original.reveal().decode(errors="replace"),'
        ),
    ),
    Mutant(
        "error quotes the event",
        "S16d",
        edit(
            EventFunction._guarded,
            "except RetryableError:\n            raise",
            "except RetryableError:\n            raise RetryableError(original().decode()) from None",
        ),
    ),
    Mutant(
        "late events are not counted",
        "L4b",
        edit(
            EventFunction._apply_to_sagas,
            "self.at.telemetry.count(metric_of(decision))",
            "decision.changed and self.at.telemetry.count(metric_of(decision))",
        ),
    ),
)
