"""What takes events: an EventBridge event or a Kafka batch, and no event is lost whatever is wrong with it."""

import json
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError, UnauthorisedEvent

from .envelopes.cloudevents import Terms
from .envelopes.opening import from_detail
from .kafka_batch import KafkaRecord, Work, is_kafka_batch, process_batch
from .read_ahead import Known, SagaKey
from .strict_json import decode_base64

Place = tuple[str, dict[str, Any]]
"""A source, and the position in it: worked out for rejected events only."""


@dataclass(frozen=True, slots=True)
class Intake:
    """A function that takes events. A rejected one is kept and acknowledged; anything that may pass is raised."""

    at: Resources

    def run(self, event: Any, context: Any) -> dict[str, Any] | None:
        """An EventBridge event returns None. A Kafka batch returns its failures, or raises in on-demand mode.

        Raises:
            RetryableError: the source must deliver the event, or the batch, again.
        """
        try:
            if is_kafka_batch(event):
                return process_batch(
                    event, context, self._kafka_record, self.at, self._terms, self._lane, self._sagas_of
                )
            self._guarded(
                lambda: self._eventbridge(event),
                lambda: _original(event),
                lambda: _place(event, getattr(context, "aws_request_id", "none")),
            )
            return None
        finally:
            self.at.telemetry.flush()

    def _kafka_record(self, record: KafkaRecord, known: Known) -> Work:
        try:
            work = self._work_of(record, known)
        except Exception as wrong:  # noqa: BLE001 - it is dealt with when the record's turn comes
            work = partial(_raise, wrong)
        return partial(self._guarded, work, lambda: _record_content(record), lambda: ("kafka", record.place))

    def _work_of(self, record: KafkaRecord, known: Known) -> Work:
        if record.is_tombstone:
            return partial(self.at.telemetry.count, "Tombstones")
        if self._is_anothers(record):
            return partial(self.at.telemetry.count, "ForeignEvents")
        return self._decide(record.fields, known, by_operator=False)

    def _is_anothers(self, record: KafkaRecord) -> bool:
        """What hides its type from filters they pass on to all functions of a shared topic: the one whose type it is
        takes it, and of one without any type one function says so, and not eight."""
        layout = self.at.settings.topic_layout
        if layout == "per-type":
            return False
        if "event_type" not in record.fields:
            return layout == "shared" and not self._hears_nameless
        return record.hides_its_type and not self._takes(str(record.fields["event_type"]))

    def _eventbridge(self, event: Any) -> None:
        if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
            raise RejectedEvent(
                RejectReason.UNRECOGNISED_INVOCATION, "the invocation is neither an EventBridge event nor a Kafka batch"
            )
        source = event.get("source")
        by_operator = self._is_operators(source)
        if not (by_operator or (isinstance(source, str) and source in self._sources)):
            raise RejectedEvent(
                RejectReason.FOREIGN_SOURCE, "events are only taken from EventSource and OperatorSource"
            )
        self._decide(from_detail(event["detail"], self._terms), None, by_operator=by_operator)()

    @property
    def _sources(self) -> frozenset[str]:
        return frozenset({self.at.settings.event_source})

    @abstractmethod
    def _is_operators(self, source: Any) -> bool:
        """It is the source that IAM lets only operators use, and they may say such a thing."""

    @abstractmethod
    def _decide(self, fields: dict[str, Any], known: Known | None, *, by_operator: bool) -> Work:
        """What applies the event in `fields`, to sagas as they are in `known` where they are. Nothing is read, written
        or told before it is called. Both raise `RejectedEvent` or `RetryableError`.

        `known` is None for an event that comes alone: nothing is decided ahead of a call that follows at once.
        """

    def _lane(self, fields: dict[str, Any]) -> str:
        """Events with the same one keep their order."""
        return str(fields["execution_id"])

    def _sagas_of(self, _fields: dict[str, Any]) -> Iterable[SagaKey]:
        """Which sagas are worth reading before an event of these fields is applied; what begins one looks for none."""
        return ()

    @property
    @abstractmethod
    def _type(self) -> str:
        """Which type of event, for log lines."""

    @property
    @abstractmethod
    def _terms(self) -> Terms:
        """What its envelopes are read by."""

    def _takes(self, _event_type: str) -> bool:
        """Whether a type that filters did not see is this function's; what knows its types otherwise takes all."""
        return True

    @property
    def _hears_nameless(self) -> bool:
        return False

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
        self.at.keep_rejected.keep(rejected, original(), source, position, event_type=self._type)
        if isinstance(rejected, UnauthorisedEvent) or rejected.reason is RejectReason.NO_ACTOR:
            self.at.telemetry.count("UnauthorisedCancels")


def _raise(wrong: Exception) -> NoReturn:
    raise wrong


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
