"""The entry point of the six event functions, of exactly one `EXECUTION_*` event type each."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from saga_orchestrator.application.apply_event import metric_of
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.bootstrap import resources
from saga_orchestrator.domain.decide import Decision, Rules
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError
from saga_orchestrator.domain.events import Event, EventType
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga, saga_id

from .decoding import ForeignEventType, decode_event
from .envelopes.cloudevents import Terms
from .intake import Intake
from .kafka_batch import Work
from .read_ahead import Known, SagaKey

_Ahead = tuple[Rules, Saga | None, Decision | None]
"""What a saga goes by, the saga if it was read, and what was decided ahead."""


@functools.cache
def terms_of(event_type: EventType, alias: str) -> Terms:
    """How an event function reads: made once, since every event is read by it."""
    types = {alias.upper(): event_type.value} if alias else {}
    return Terms(types, lambda _event_type: "execution_id", lambda _event_type: event_type is EventType.REQUESTED)


def handle(event: Any, context: Any, event_type: EventType, sagas: SagaRegistry) -> dict[str, Any] | None:
    """What each handler calls: apply `event` with this process's resources."""
    return EventFunction(resources(sagas), event_type).run(event, context)


@dataclass(frozen=True, slots=True)
class EventFunction(Intake):
    """One event type's function."""

    event_type: EventType

    @property
    def _type(self) -> str:
        return self.event_type

    @property
    def _terms(self) -> Terms:
        return terms_of(self.event_type, self.at.settings.event_type_alias)

    def _takes(self, event_type: str) -> bool:
        return event_type.upper() == self.event_type

    @property
    def _hears_nameless(self) -> bool:
        return self.event_type is EventType.REQUESTED

    def _is_operators(self, source: Any) -> bool:
        # Operators may cancel; what happens to pods is told by the platform alone.
        return source == self.at.settings.operator_source and self.event_type is EventType.CANCELLED

    def _sagas_of(self, fields: dict[str, Any]) -> Iterable[SagaKey]:
        if self.event_type is EventType.REQUESTED:
            return ()
        return [(str(fields["execution_id"]), rules.definition.name) for rules in self.at.rules_of_executions]

    def _decide(self, fields: dict[str, Any], known: Known | None, *, by_operator: bool) -> Work:
        try:
            event = decode_event(
                fields,
                self.event_type,
                by_operator=by_operator,
                script_buckets=self.at.settings.allowed_script_buckets,
            )
        except ForeignEventType:
            if self.at.settings.topic_layout != "per-type":
                return partial(self.at.telemetry.count, "ForeignEvents")
            raise RejectedEvent(RejectReason.WRONG_EVENT_TYPE, "not an event type of this orchestrator") from None
        if known is None:
            return partial(self._apply_to_sagas, event, [(rules, None, None) for rules in self.at.rules_of_executions])
        sagas: list[_Ahead] = []
        for rules in self.at.rules_of_executions:
            saga = known.get((event.execution_id, rules.definition.name))
            sagas.append((rules, saga, self.at.writer.decide_ahead(event, rules, saga)))
        return partial(self._apply_to_sagas, event, sagas)

    def _tell_unusable(self, event: Event) -> None:
        if event.unusable:
            self.at.telemetry.count("UnusableFields", len(event.unusable))
            self.at.telemetry.warn(
                "event counts without its unusable fields",
                fields=event.unusable,
                event_type=self.event_type,
                execution_id=event.execution_id,
                causation_id=event.event_id,
            )

    def _apply_to_sagas(self, event: Event, sagas: Iterable[_Ahead]) -> None:
        """Every saga gets the event, also when one of them refuses it: the others are not to wait for its repair."""
        self._tell_unusable(event)
        refusals: list[RejectedEvent] = []
        delays: list[RetryableError] = []
        for rules, known, decided in sagas:
            try:
                decision = self.at.writer.apply(event, rules, known, decided)
            except RejectedEvent as refused:
                refusals.append(refused)
                continue
            except RetryableError as delay:
                delays.append(delay)
                continue
            except Exception as bug:  # noqa: BLE001 - the boundary: one saga's failure is not to be another's
                refusals.append(unexpected(bug))
                continue
            saga = decision.saga
            self.at.telemetry.count(metric_of(decision))
            self.at.telemetry.info(
                "event applied" if decision.changed else "event changes nothing",
                verdict=decision.verdict,
                event_type=self.event_type,
                saga_id=saga_id(rules.definition.name, event.execution_id),
                execution_id=event.execution_id,
                correlation_id=event.correlation_id,
                causation_id=event.event_id,
                state=saga.state if saga else None,
                reason=saga.reason if saga else None,
                messages=decision.messages,
            )
        if delays:
            raise delays[0]  # it comes again, and is refused again: an event is kept once all is done that can be
        if refusals:
            raise refusals[0]
