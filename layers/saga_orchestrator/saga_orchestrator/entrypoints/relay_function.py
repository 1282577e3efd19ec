"""The command relay: from the table's stream to the bus, and to a Kafka topic if configured. Writes nothing back."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from saga_orchestrator.adapters.publishers import MAX_MESSAGE_BYTES, Fate
from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.application.publish import newly_emitted, republishable
from saga_orchestrator.bootstrap import Resources, resources
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError, UnknownMessageKey
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.render import Message, render
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.secret import Secret

from .relay_invocations import stream_records, wished_saga


def handle(event: Any, context: Any, sagas: SagaRegistry) -> dict[str, Any]:
    """Publish what a stream batch owes, or what an operator asks for again."""
    return CommandRelay(resources(sagas)).run(event, context)


@dataclass(frozen=True, slots=True)
class _Owed:
    sequence_number: str
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class CommandRelay:
    at: Resources

    def run(self, event: Any, _context: Any) -> dict[str, Any]:
        """A stream batch returns the lowest failed record, from which Lambda delivers again; none means all is sent.

        Raises:
            SagaError: of a batch or a wish that cannot be read nothing is acknowledged; of a wish that cannot be
                fulfilled now, that it must be repeated.
        """
        try:
            if isinstance(event, dict) and isinstance(event.get("republish"), list):
                return self._republish(event["republish"])
            failed = self._relay(stream_records(event))
            return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
        finally:
            self.at.telemetry.flush()

    def _relay(self, records: Iterable[dict[str, Any]]) -> str | None:
        """The sequence number of the first record that is not completely sent, or None."""
        owed: list[_Owed] = []
        failed: str | None = None
        for record in records:
            sequence_number = record["dynamodb"]["SequenceNumber"]
            try:
                owed.append(_Owed(sequence_number, self._messages(record)))
            except (UnknownMessageKey, RetryableError) as failure:
                # Newer code may have written it, or the script cannot be read now. What came before is still sent.
                self.at.telemetry.count("RecordsToRetry")
                self.at.telemetry.warn("record will be delivered again", cause=str(failure))
                failed = sequence_number
                break
            except RejectedEvent as hopeless:
                self._park(sequence_number, record, hopeless)
            except Exception as bug:  # noqa: BLE001 - the boundary: one broken record must not hide the others' fate
                self.at.telemetry.count("RecordsToRetry")
                self.at.telemetry.warn("record breaks the relay", cause=type(bug).__name__)
                failed = sequence_number
                break
        unsent, _ = self._send(owed)
        return unsent or failed

    def _messages(self, record: dict[str, Any]) -> list[Message]:
        if record.get("eventName") == "REMOVE":
            return []
        images = record["dynamodb"]
        new = images.get("NewImage") or {}
        keys = newly_emitted(_outbox(images.get("OldImage")), _outbox(new))
        return [self._complete(decode(to_item(new)), key) for key in keys]

    def _complete(self, saga: Saga, key: str) -> Message:
        message = render(saga, key, self._definition_of(saga))
        if not message.wants_script:
            return message
        reference = message.body["script_ref"]
        script = self.at.bucket.read_script(reference["bucket"], reference["key"])
        whole = replace(message, body={**message.body, "script": script.reveal().decode()})
        # As JSON a script can be six times as long. What no target would take travels by its reference alone.
        return whole if len(whole.encode().encode()) <= MAX_MESSAGE_BYTES else message

    def _send(self, owed: list[_Owed]) -> tuple[str | None, set[str]]:
        """The first record not completely sent, and the ids of messages that were parked instead."""
        parked: set[str] = set()
        messages = [(message, message.encode()) for each in owed for message in each.messages]
        if not messages:
            return None, parked
        fates = [Fate.PUBLISHED] * len(messages)
        for publisher in self.at.publishers:
            try:
                answers = publisher.publish(messages)
            except RetryableError as failure:
                self.at.telemetry.warn("publishing failed", cause=str(failure))
                answers = [Fate.MAY_PASS] * len(messages)
            fates = [_worse(known, new) for known, new in zip(fates, answers, strict=True)]
        self.at.telemetry.count("MessagesPublished", fates.count(Fate.PUBLISHED))
        remaining = iter(zip(messages, fates, strict=True))
        for each in owed:
            results = [next(remaining) for _ in each.messages]
            if any(fate is Fate.MAY_PASS for _, fate in results):
                return each.sequence_number, parked
            for (message, body), fate in results:
                if fate is Fate.PERMANENT:
                    self._park_message(each.sequence_number, message, body)
                    parked.add(message.id)
        return None, parked

    def _republish(self, wanted: list[Any]) -> dict[str, Any]:
        """Send again what sagas ever emitted, from what is stored now. Not for sagas that are gone."""
        sent: list[str] = []
        skipped: list[str] = []
        for execution_id, saga_name in list(map(wished_saga, wanted)):
            saga = self.at.store.get(execution_id, saga_name)
            if saga is None:
                skipped.append(f"{execution_id}: no such saga")
                continue
            keys, held_back = republishable(saga, self._definition_of(saga))
            skipped += [f"{saga.saga_id}:{key}" for key in held_back]
            messages = [self._complete(saga, key) for key in keys]
            failed, parked = self._send([_Owed(saga.saga_id, messages)])
            if failed is not None:
                msg = f"not every message of {saga.saga_id} could be published; ask again"
                raise RetryableError(msg)
            sent += [message.id for message in messages if message.id not in parked]
            skipped += [message.id for message in messages if message.id in parked]
        return {"published": sent, "skipped": skipped}

    def _definition_of(self, saga: Saga) -> SagaDefinition:
        definition = self.at.sagas.named(saga.saga_name)
        if definition is None:
            msg = f"{saga.saga_id} belongs to a saga that this code does not know"
            raise UnknownMessageKey(msg)
        return definition

    def _park(self, sequence_number: str, record: dict[str, Any], hopeless: RejectedEvent) -> None:
        keys = record["dynamodb"].get("Keys", {})
        self._set_aside(sequence_number, json.dumps(keys).encode(), hopeless.reason, hopeless.detail)

    def _park_message(self, sequence_number: str, message: Message, body: str) -> None:
        self._set_aside(
            f"{sequence_number}/{message.id}", body.encode(), RejectReason.UNPUBLISHABLE, f"refused: {message.type}"
        )

    def _set_aside(self, place: str, content: bytes, reason: str, detail: str) -> None:
        self.at.rejected.park(
            Secret(content),
            source="stream",
            position={"record": place},
            reason=reason,
            detail=detail,
            rejected_at=rfc3339(self.at.clock()),
        )
        self.at.telemetry.count("UnpublishableMessages")
        self.at.telemetry.warn("message parked", reason=reason, detail=detail)


def _outbox(image: dict[str, Any] | None) -> str | None:
    value = (image or {}).get("outbox", {}).get("S")
    return str(value) if value is not None else None


def _worse(known: Fate, new: Fate) -> Fate:
    ranks = (Fate.PUBLISHED, Fate.PERMANENT, Fate.MAY_PASS)
    return max(known, new, key=ranks.index)
