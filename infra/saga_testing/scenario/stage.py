"""What a scenario is played on: the real functions over an AWS in memory, one saga, a clock that stands still."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.domain.decide import Decision
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.flow.deciding import decide_waiting
from saga_orchestrator.domain.flow.verbs import OperatorActed, Verb
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_testing.aws.account import SimulatedAws
from saga_testing.deployment import Deployment
from saga_testing.faults import Fault, Killed, inflict
from saga_testing.samples.sample_events import event, iso
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire

Json = dict[str, Any]

MOST_DELIVERIES: Final = 12
"""More than any two faults can cause: whoever needs more makes no progress."""
TABLE_WRITES: Final = frozenset({"put_item", "update_item", "transact_write_items", "put_events"})


class AnswersLost(Wire):
    """While `armed`, the next write is applied and its answer is lost. Before a call something else may come."""

    armed: bool = False
    interruption: tuple[int, Callable[[], None]] | None = None

    def invoke(self, operation: str, call: Any, arguments: dict[str, Any]) -> Any:
        if self.interruption is not None:
            left, come = self.interruption
            self.interruption = (left - 1, come) if left else None
            if not left:
                come()
        if self.armed and operation in TABLE_WRITES:
            self.armed = False
            return inflict(Fault.REPLY_LOST, operation, call, arguments)
        return super().invoke(operation, call, arguments)


@dataclass(frozen=True, slots=True)
class StageImage:
    """All that is stored, sent and read so far; processes begin anew."""

    definition: SagaDefinition
    key: str
    environment: Mapping[str, str]
    account: bytes
    now: int
    relayed: int
    seen: Mapping[str, Json]

    def stage(self) -> "Stage":
        """One that goes on from here, by itself."""
        account = SimulatedAws.unpacked(self.account, lambda: made.now)
        made = Stage(
            self.definition,
            key=self.key,
            settings={},
            environment=self.environment,
            answers_lost=False,
            aws=account,
        )
        made.deployment.now, made.deployment.relayed = self.now, self.relayed
        made.already_seen(self.seen)
        return made


class Stage:
    """One deployment with one definition, and one saga of it.

    `answers_lost`: the first write of everything that is delivered is applied and answered with an error, so that it
    comes again; whatever a scenario expects must hold all the same.
    """

    def __init__(
        self,
        definition: SagaDefinition,
        *,
        key: str,
        settings: Mapping[str, int],
        environment: Mapping[str, str],
        answers_lost: bool,
        aws: SimulatedAws | None = None,
    ) -> None:
        self.definition, self.key = definition, key
        self._wire = AnswersLost()
        self.answers_lost = answers_lost
        self._ids = itertools.count(1)
        self.telemetry = RecordingTelemetry()
        chosen = {"SAGA_SETTINGS": json.dumps({definition.name: dict(settings)})} if settings else {}
        self.deployment = Deployment(
            {**chosen, **environment},
            sagas=SagaRegistry((definition,)),
            aws=aws,
            wire=self._wire,
            telemetry=self.telemetry,
        )
        self._seen: dict[str, Json] = {}

    def image(self) -> "StageImage":
        """As it stands now, for as many stages as anybody wants to go on from here."""
        at = self.deployment
        return StageImage(
            self.definition, self.key, dict(at.settings), at.aws.packed(), at.now, at.relayed, dict(self._seen)
        )

    @property
    def now(self) -> int:
        return self.deployment.now

    @property
    def saga(self) -> Saga | None:
        return self.deployment.saga(self.key, self.definition.name)

    # -- what happens to it

    def event_of(self, event_type: str, sender: str | None, fields: Mapping[str, Any]) -> Json:
        """An event about the saga, as its sender writes it."""
        if self.definition.starts is None:
            return {**event(event_type, self.key, user_id=sender, **fields), "timestamp": iso(self.now)}
        return {**self._envelope(event_type, sender), self.definition.starts.key: self.key, **fields}

    def reply_of(self, message_id: str, outcome: str, reason: str | None, data: Mapping[str, Any] | None) -> Json:
        told = {"in_reply_to": message_id, "outcome": outcome}
        told |= {"reason": reason} if reason is not None else {}
        return {**self._envelope("COMMAND_REPLY", None), **told, **({"data": dict(data)} if data is not None else {})}

    def _envelope(self, event_type: str, sender: str | None) -> Json:
        metadata = {"service_name": "scenario", "correlation_id": "c-1", **({"user_id": sender} if sender else {})}
        return {
            "event_id": f"e-{next(self._ids)}",
            "event_type": event_type,
            "event_version": "1.0",
            "timestamp": iso(self.now),
            "metadata": metadata,
        }

    def deliver(self, detail: Json) -> str | None:
        """Why it was rejected, or None: it was taken."""
        before = len(self.deployment.rejected())
        self._until_taken(lambda: self.deployment.deliver(detail) is None)
        rejected = self.deployment.rejected()[before:]
        return str(rejected[0]["reason"]) if rejected else None

    def pass_time(self, seconds: float) -> None:
        """To the end of these seconds; whatever becomes due meanwhile is looked at as soon as it is."""
        until = self.now + round(seconds * 1000)
        for due in self._dues(until):
            self.deployment.now = max(self.now, due)
            self.tick()
        self.deployment.now = until

    def _dues(self, until: int) -> Iterator[int]:
        last: tuple[int | None, int] = (None, 0)
        while (saga := self.saga) is not None and saga.deadline is not None and saga.deadline <= until:
            if (saga.deadline, saga.version) == last:
                msg = f"the checker leaves {saga.saga_id} alone although it is due"
                raise AssertionError(msg)
            last = (saga.deadline, saga.version)
            yield saga.deadline

    def tick(self) -> None:
        """The timeout checker looks, now."""
        self._until_taken(lambda: not self.deployment.check()["unfinished"])

    def before_call(self, number: int, come: Callable[[], None]) -> None:
        """Before the call of that number, counted from 0, of what is delivered next."""
        self._wire.interruption = (number, come)

    def goes_wrong(self, number: int, fault: Fault) -> None:
        """At the call of that number, counted from 0, of what happens next."""
        self._wire.calls.clear()
        self._wire.plan = {number: fault}

    def all_goes_well(self) -> list[str]:
        """From now on; the calls that were made since something was to go wrong."""
        self._wire.plan = {}
        return self._wire.calls

    def until_acknowledged(self, deliver: Callable[[], bool]) -> bool:
        """As a source does: again and again, each time by a process that knows nothing of the one before it."""
        for _ in range(MOST_DELIVERIES):
            try:
                if deliver():
                    return True
            except (Killed, Exception):  # noqa: BLE001 - whatever a function raises, its source delivers again
                self.deployment.at = self.deployment.container()
        return False

    def come_due(self) -> None:
        """What was to come before a call that was never made comes now."""
        interruption, self._wire.interruption = self._wire.interruption, None
        if interruption is not None:
            interruption[1]()

    def operate(self, verb: Verb, step: str | None, event_id: str) -> Decision:
        """An operator's verb, as one write."""
        signal = OperatorActed(
            event_id=event_id,
            event_type="OPERATED",
            key=self.key,
            correlation_id="c-1",
            verb=verb,
            actor="ops",
            step=step,
        )
        at, saga = self.deployment.at, self.saga
        rules = at.rules_of(self.definition.name)
        assert rules is not None
        decision = decide_waiting(saga, signal, self.now, rules)
        if decision.changed and decision.saga is not None and saga is not None:
            at.store.replace(saga, decision.saga, decision.claims, decision.releases)
        return decision

    def next_event_id(self) -> str:
        return f"e-{next(self._ids)}"

    def _until_taken(self, deliver: Callable[[], bool]) -> None:
        """As a source does: what was not acknowledged is delivered again."""
        if self._wire.plan:
            assert self.until_acknowledged(deliver), "it is delivered again and again, and never taken"
            return
        self._wire.armed = self.answers_lost
        try:
            deliver()
        except Exception:
            if not self.answers_lost:
                raise
            deliver()
        finally:
            self._wire.armed = False

    # -- what comes of it

    def published(self) -> list[Json]:
        """Messages since the last call. One that is published again has the same bytes, or the scenario fails."""
        if self._wire.plan:
            assert self.until_acknowledged(self.deployment.relay_stream), "the relay never comes to an end"
            self.all_goes_well()
        self._wire.armed = self.answers_lost
        while not self.deployment.relay_stream():
            self._wire.armed = False
        self._wire.armed = False
        return self.news()

    def news(self) -> list[Json]:
        """What has been published and nobody has looked at yet."""
        return [body for body in self.deployment.published if self._is_new(body)]

    def already_seen(self, messages: Mapping[str, Json]) -> None:
        self._seen.update(messages)

    def _is_new(self, body: Json) -> bool:
        known = self._seen.setdefault(body["message_id"], body)
        if known != body:
            msg = f"{body['message_id']} was published with other bytes:\n  {known}\n  {body}"
            raise AssertionError(msg)
        return known is body
