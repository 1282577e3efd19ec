"""Bugs of the design, each put into the production code as an edit, and the oracle that is expected to see it."""

from typing import Final

from saga_orchestrator.adapters.counters.claims import Claims
from saga_orchestrator.adapters.counters.counter_writes import counting
from saga_orchestrator.adapters.patient_writes import _cancelled
from saga_orchestrator.adapters.rejected_events import RejectedEvents
from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.application.apply_event import SagaWriter
from saga_orchestrator.domain import counters, decide
from saga_orchestrator.domain.executions import beginnings, endings
from saga_orchestrator.domain.executions.early import remember
from saga_orchestrator.entrypoints.checker_function import CheckTimeouts
from saga_orchestrator.entrypoints.decoding import _failed
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.faults import faults_of
from sagas.execution import refusal
from tests.proof.simulation.faults.code_edits import Mutant, edit
from tests.proof.simulation.mutants.answer_mutants import ANSWER_MUTANTS
from tests.proof.simulation.mutants.batch_mutants import BATCH_MUTANTS
from tests.proof.simulation.mutants.flow_mutants import FLOW_MUTANTS
from tests.proof.simulation.mutants.hushed_mutants import HUSHED_MUTANTS
from tests.proof.simulation.mutants.limit_mutants import LIMIT_MUTANTS
from tests.proof.simulation.mutants.operator_mutants import OPERATOR_MUTANTS
from tests.proof.simulation.mutants.outcome_mutants import OUTCOME_MUTANTS
from tests.proof.simulation.mutants.reading_mutants import READING_MUTANTS
from tests.proof.simulation.mutants.repair_mutants import REPAIR_MUTANTS
from tests.proof.simulation.mutants.target_mutants import TARGET_MUTANTS
from tests.proof.simulation.mutants.version_mutants import VERSION_MUTANTS
from tests.proof.simulation.mutants.waiting_mutants import WAITING_MUTANTS
from tests.proof.simulation.mutants.work_mutants import WORK_MUTANTS

_STORE: Final = DynamoDbSagaStore
_LEAVE_OUT_CONDITION: Final = '{name: each for name, each in update.items() if name != "ConditionExpression"}'

MUTANTS: Final = (
    Mutant(
        "an event is refused for any field",
        "S11c",
        edit(
            faults_of,
            "if _is_refused(field, event_type, by_operator=by_operator)",
            "if event_type is not EventType.REQUESTED or _is_refused(field, event_type, by_operator=by_operator)",
        ),
    ),
    Mutant(
        "no version condition",
        "S2",
        edit(_STORE._update, '"version = :read_version"', '"version = :read_version OR attribute_exists(version)"'),
    ),
    Mutant(
        "create without attribute_not_exists",
        "S1",
        edit(_STORE._put, '"attribute_not_exists(execution_id)"', '"NOT contains(execution_id, saga_name)"'),
    ),
    Mutant("no release when an event ends it", "S7", edit(decide._report, "releases=saga.claim", "releases=None")),
    Mutant("no release at the deadline", "S7", edit(decide._time_out, "releases=saga.claim", "releases=None")),
    Mutant("ended saga keeps its claim", "S8", edit(decide._report, "claim=None", "claim=saga.claim")),
    Mutant(
        "claim outside of the transaction",
        "S7",
        edit(
            _STORE._claiming,
            "return self._transact(before, [write(saga.having(claim=claim)), self._count(claim, 1)])",
            'update = self._count(claim, 1)["Update"]\n'
            "            outcome = self._transact(before, [write(saga.having(claim=claim))])\n"
            f"            isinstance(outcome, Stored) and self.client.update_item(**{_LEAVE_OUT_CONDITION})\n"
            "            return outcome",
        ),
    ),
    Mutant(
        "release outside of the transaction",
        "S7",
        edit(
            _STORE.replace,
            'self._transact(before, [{"Update": update}, *given_back])',
            'self._transact(before, [{"Update": update}])\n'
            '        isinstance(outcome, Stored) and self.client.update_item(**given_back[0]["Update"])',
        ),
    ),
    Mutant(
        "claim without looking at the cap",
        "S7",
        edit(counting, "if change > 0 else ()", "if change > 1 else ()"),
    ),
    Mutant(
        "release to the first shard",
        "S7",
        edit(_STORE.replace, "self._count(releases, -1)", "self._count(Claim(releases.resource, 0), -1)"),
    ),
    Mutant(
        "every shard has the whole limit",
        "S7",
        edit(
            counters.shard_limits,
            "share + (1 if shard < rest else 0)",
            "limit",
        ),
        edit(counters._targets, "if surplus <= 0:", "if True:"),
    ),
    Mutant(
        "first full shard means full",
        "C2",
        edit(
            Claims.take,
            "full = self._look(resource, limit)",
            "full = NoRoom() if self.counters.read(resource) else self._look(resource, limit)",
        ),
    ),
    Mutant(
        "a cap raised by one too many",
        "S7",
        edit(counters.raised, "shard.promised + min(", "shard.promised + 1 + min("),
    ),
    Mutant(
        "conflict taken for a full counter",
        "L4",
        edit(_cancelled, "if passing:", "if False:"),
    ),
    Mutant(
        "throttle swallowed",
        "S11",
        edit(
            EventFunction._guarded,
            "except RetryableError:\n            raise",
            "except RetryableError:\n            return",
        ),
    ),
    Mutant(
        "lost race taken for success",
        "S11",
        edit(SagaWriter._settle, "if isinstance(outcome, Stored):", "if isinstance(outcome, Stored | LostRace):"),
    ),
    Mutant(
        "what was decided ahead is written over what won the race",
        "S1",
        edit(SagaWriter._settle, "decided = None  #", "#"),
    ),
    Mutant(
        "script not stored before its command",
        "L4",
        edit(SagaWriter._store_script, "if event.script_content is not None:", "if False:"),
    ),
    *ANSWER_MUTANTS,
    *BATCH_MUTANTS,
    *FLOW_MUTANTS,
    *LIMIT_MUTANTS,
    *OPERATOR_MUTANTS,
    *HUSHED_MUTANTS,
    *TARGET_MUTANTS,
    *REPAIR_MUTANTS,
    *READING_MUTANTS,
    *VERSION_MUTANTS,
    *WORK_MUTANTS,
    *WAITING_MUTANTS,
    *OUTCOME_MUTANTS,
    Mutant(
        "checker acts on what the index says",
        "S10",
        edit(decide._time_out, " or saga.deadline > now", ""),
    ),
    Mutant(
        "checker forgets the last shard",
        "S20c",
        edit(
            CheckTimeouts.run,
            "range(self.at.settings.deadline_shards)",
            "range(max(1, self.at.settings.deadline_shards - 1))",
        ),
    ),
    Mutant(
        "checker ends nothing",
        "L1",
        edit(CheckTimeouts._time_out, "let_time_pass(self.at, execution_id, saga_name)", "None"),
    ),
    Mutant(
        "early event dropped",
        "S11",
        edit(decide._report, "remembered = remember(", "remembered = None and remember("),
    ),
    Mutant(
        "early end not applied",
        "S12",
        edit(beginnings.early_ending, "elif early.cause is not Cause.STARTED:", "elif False:"),
    ),
    Mutant("early events forgotten", "S12b", edit(beginnings.identified_saga, "for each in early)", "for each in ())")),
    Mutant(
        "one early cancel hides the others",
        "S11",
        edit(
            remember,
            "elif any(known.trusted or (known.actor == early.actor and not trusted) for known in same_type):",
            "elif same_type:",
        ),
    ),
    Mutant(
        "version starts again after a stub",
        "S2",
        edit(beginnings.identified_saga, "stub.version + 1 if stub else 1", "1"),
    ),
    Mutant(
        "any user cancels", "S13b", edit(endings.authorise, "(actor == owner or actor in policy.admin_users)", "True")
    ),
    Mutant(
        "early cancel of any user counts",
        "S13b",
        edit(beginnings.early_ending, "not (early.trusted or authorise(early.actor, owner, policy))", "False"),
    ),
    Mutant(
        "cancel without an actor is anybody's", "L4", edit(decide.check_cancel, "if event.actor is None:", "if False:")
    ),
    Mutant("no delete", "S9", edit(endings._owed, "return [step for", "return [] and [step for")),
    Mutant(
        "no delete at the deadline",
        "S9",
        edit(decide._time_out, "claim=None", "claim=None, completed_steps=()"),
    ),
    Mutant(
        "completed runs are undone",
        "S9c",
        edit(endings.end, "undone = () if ending.state is SagaState.COMPLETED else ", "undone = "),
    ),
    Mutant("end not announced", "S9b", edit(endings.end, '(*undos, f"saga_{ending.state}")', "tuple(undos)")),
    Mutant(
        "failure taken for a timeout",
        "S3b",
        edit(endings.ending_of, 'SagaState.FAILED, "execution_failed"', 'SagaState.TIMEOUT, "execution_failed"'),
    ),
    Mutant(
        "late start does not delete",
        "S11b",
        edit(decide._started, "if not late_undos:", "if True:"),
    ),
    Mutant(
        "start leaves the start deadline",
        "S10b",
        edit(decide._started, "deadline=deadline", "deadline=saga.deadline"),
    ),
    Mutant(
        "event applied again when delivered again",
        "S2b",
        edit(decide._report, "if saga.has_seen(cause, event.event_id):", "if False:"),
    ),
    Mutant(
        "expired request runs",
        "S15b",
        edit(refusal, "context.now - context.requested_at > policy.request_max_age_seconds * 1000", "False"),
    ),
    Mutant(
        "duplicate request restarts an ended saga",
        "S3",
        edit(
            decide._repeated,
            "saga is None or saga.is_stub:",
            "saga is None or saga.is_stub or saga.state.is_terminal:",
        ),
    ),
    Mutant(
        "conflicting request taken for a duplicate",
        "S14c",
        edit(decide._repeated, "if saga.request_hash != event.request_hash:", "if False:"),
    ),
    Mutant(
        "time to live on a running saga",
        "S15",
        edit(beginnings.identified_saga, "created_at=now,", "created_at=now, expires=now // 1000 + 86_400,"),
    ),
    Mutant(
        "stub without a time to live",
        "S15",
        edit(remember, "expires=now // 1000 + policy.stub_lifetime_seconds,", ""),
    ),
    Mutant(
        "ended saga expires at once",
        "S15",
        edit(endings.end, "+ policy.retention_seconds", "+ 60"),
    ),
    Mutant(
        "error message stored",
        "S16",
        edit(_failed, "error_type=_safe_error_type(wire.error_type)", "error_type=wire.error_message"),
    ),
    Mutant(
        "any source is heard",
        "S11",
        edit(EventFunction._eventbridge, "(isinstance(source, str) and source in self._sources)", "True"),
    ),
    Mutant(
        "operators speak for pods",
        "S11",
        edit(EventFunction._is_operators, " and self.event_type is EventType.CANCELLED", ""),
    ),
    Mutant(
        "every cancel over the bus is an operator's",
        "S11",
        edit(
            EventFunction._is_operators,
            "source == self.at.settings.operator_source and",
            "source in {self.at.settings.operator_source, self.at.settings.event_source} and",
        ),
    ),
    Mutant(
        "rejected event dropped",
        "S11",
        edit(RejectedEvents.keep, "self.sqs.send_message(", '(lambda **_: {"MessageId": "none"})('),
    ),
)
