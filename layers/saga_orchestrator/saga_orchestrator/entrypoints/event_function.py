"""The entry point of the six event functions: an EventBridge event or a Kafka batch, of exactly one event type."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.application.apply_event import metric_of
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.bootstrap import Resources, resources
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError, UnauthorisedCancel
from saga_orchestrator.domain.events import Event, EventType
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import saga_id

from .decoding import ForeignEventType, decode_event
from .envelopes.cloudevents import Terms
from .envelopes.opening import from_detail
from .kafka_batch import KafkaRecord, is_kafka_batch, process_batch
from .strict_json import decode_base64

Place = tuple[str, dict[str, Any]]
"""A source, and the position in it: worked out for rejected events only."""


@functools.cache
def terms_of(event_type: EventType, alias: str) -> Terms:
    """How an event function reads: made once, since every event is read by it."""
    return Terms({alias.upper(): event_type.value} if alias else {}, lambda _event_type: "execution_id")


def handle(event: Any, context: Any, event_type: EventType, sagas: SagaRegistry) -> dict[str, Any] | None:
    """What each handler calls: apply `event` with this process's resources."""
    return EventFunction(resources(sagas), event_type).run(event, context)


@dataclass(frozen=True, slots=True)
class EventFunction:
    """One event type's function. A rejected event is kept and acknowledged; anything that may pass is raised."""

    at: Resources
    event_type: EventType

    def run(self, event: Any, context: Any) -> dict[str, Any] | None:
        """An EventBridge event returns None. A Kafka batch returns its failures, or raises in on-demand mode.

        Raises:
            RetryableError: the source must deliver the event, or the batch, again.
        """
        try:
            if is_kafka_batch(event):
                return process_batch(event, context, self._kafka_record, self.at, self._terms)
            self._guarded(
                lambda: self._eventbridge(event),
                lambda: _original(event),
                lambda: _place(event, getattr(context, "aws_request_id", "none")),
            )
            return None
        finally:
            self.at.telemetry.flush()

    def _kafka_record(self, record: KafkaRecord) -> None:
        def work() -> None:
            if record.is_tombstone:
                self.at.telemetry.count("Tombstones")
            elif self._is_anothers(record):
                self.at.telemetry.count("ForeignEvents")
            else:
                self._apply(record.fields, by_operator=False)

        self._guarded(work, lambda: _record_content(record), lambda: ("kafka", record.place))

    def _is_anothers(self, record: KafkaRecord) -> bool:
        """A shared topic's filters pass what has no type on to all functions: one of them says so, and not six."""
        return (
            self.at.settings.topic_layout == "shared"
            and self.event_type is not EventType.REQUESTED
            and "event_type" not in record.fields
        )

    @property
    def _terms(self) -> Terms:
        return terms_of(self.event_type, self.at.settings.event_type_alias)

    def _eventbridge(self, event: Any) -> None:
        if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
            raise RejectedEvent(
                RejectReason.UNRECOGNISED_INVOCATION, "the invocation is neither an EventBridge event nor a Kafka batch"
            )
        source = event.get("source")
        # Operators may cancel; what happens to pods is told by the platform alone.
        by_operator = source == self.at.settings.operator_source and self.event_type is EventType.CANCELLED
        if source != self.at.settings.event_source and not by_operator:
            raise RejectedEvent(
                RejectReason.FOREIGN_SOURCE, "events are only taken from EventSource and OperatorSource"
            )
        self._apply(from_detail(event["detail"], self._terms), by_operator=by_operator)

    def _apply(self, fields: dict[str, Any], *, by_operator: bool) -> None:
        try:
            event = decode_event(
                fields,
                self.event_type,
                by_operator=by_operator,
                script_buckets=self.at.settings.allowed_script_buckets,
            )
        except ForeignEventType:
            if self.at.settings.topic_layout == "shared":
                self.at.telemetry.count("ForeignEvents")
                return
            raise RejectedEvent(RejectReason.WRONG_EVENT_TYPE, "not an event type of this orchestrator") from None
        self._tell_unusable(event)
        self._apply_to_sagas(event)

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

    def _apply_to_sagas(self, event: Event) -> None:
        """Every saga gets the event, also when one of them refuses it: the others are not to wait for its repair."""
        refusals: list[RejectedEvent] = []
        delays: list[RetryableError] = []
        for rules in self.at.rules:
            try:
                decision = self.at.writer.apply(event, rules)
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

    def _guarded(self, work: Callable[[], None], original: Callable[[], bytes], place: Callable[[], Place]) -> None:
        """Run `work`; keep what it rejects, and what it breaks on: a bug must not block a partition."""
        try:
            work()
        except RejectedEvent as rejected:
            self._keep(rejected, original, place)
        except RetryableError:
            raise
        except Exception as bug:  # noqa: BLE001 - the boundary: whatever is wrong, the original is kept, not lost
            self._keep(unexpected(bug), original, place)

    def _keep(self, rejected: RejectedEvent, original: Callable[[], bytes], place: Callable[[], Place]) -> None:
        source, position = place()
        self.at.keep_rejected.keep(rejected, original(), source, position, event_type=self.event_type)
        if isinstance(rejected, UnauthorisedCancel) or rejected.reason is RejectReason.NO_ACTOR:
            self.at.telemetry.count("UnauthorisedCancels")


def _place(event: Any, request_id: str) -> Place:
    """Source and position of an invocation that is no Kafka batch: an EventBridge id is the same on every delivery."""
    if isinstance(event, dict) and "detail" in event and isinstance(event.get("id"), str):
        return "eventbridge", {"id": "".join(c if c.isalnum() or c == "-" else "_" for c in event["id"][:64])}
    return "invocation", {"request_id": request_id}


def _original(event: Any) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


def _record_content(record: KafkaRecord) -> bytes:
    """The record's own bytes where it has any; otherwise the text that was no base64."""
    try:
        return decode_base64(record.value)
    except RejectedEvent:
        return json.dumps(record.value).encode()
