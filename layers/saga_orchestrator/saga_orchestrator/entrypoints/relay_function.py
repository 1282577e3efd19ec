"""The command relay: from the table's stream to one target. Writes nothing back."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NoReturn

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.application.relay import EmittingWrite
from saga_orchestrator.application.sendable import newly_emitted
from saga_orchestrator.bootstrap import Resources, resources
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.flow.dues import Wake
from saga_orchestrator.domain.registry import SagaRegistry

from .relay_invocations import WishToRepublish, read_invocation

_UNKNOWN: Final = "?"
"""Stands for the keys of a write that nobody can read: it may emit something, so it is not passed over."""


def handle(event: Any, context: Any, sagas: SagaRegistry) -> dict[str, Any]:
    """Publish what a stream batch owes, or what an operator asks for again."""
    return CommandRelay(resources(sagas)).run(event, context)


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
            invocation = read_invocation(event)
            if isinstance(invocation, WishToRepublish):
                return self._republish(invocation)
            failed = self.at.relay.send(map(emitting_write, invocation.records))
            return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
        finally:
            self.at.telemetry.flush()

    def _republish(self, wish: WishToRepublish) -> dict[str, Any]:
        """Send again what sagas ever emitted, from what is stored now. Not for sagas that are gone."""
        answers = [self.at.relay.send_again(*saga) for saga in wish.sagas]
        return {
            "published": [each for sent, _ in answers for each in sent],
            "skipped": [each for _, skipped in answers for each in skipped],
        }


def emitting_write(record: dict[str, Any]) -> EmittingWrite:
    """What a record of the stream says: a removal, or a write without an outbox, emits nothing.

    Never raises, for the batch's other records are not to blame: what cannot be read says so when the relay reads it.
    """
    change = record["dynamodb"]
    place, identity, new = change["SequenceNumber"], change.get("Keys", {}), change.get("NewImage")
    try:
        keys = (
            () if record.get("eventName") == "REMOVE" else newly_emitted(_outbox(change.get("OldImage")), _outbox(new))
        )
    except CorruptSaga as unreadable:
        return EmittingWrite(place, (_UNKNOWN,), partial(_refuse, unreadable), identity)
    return EmittingWrite(place, keys, lambda: decode(to_item(new)), identity, _wake(record))


def _outbox(image: Any) -> str | None:
    match image:
        case None:
            return None
        case {"outbox": {"S": str(keys)}}:
            return keys
        case {} if "outbox" not in image:
            return None
        case _:
            detail = "stream image is no item, or its outbox no string"
            raise CorruptSaga(detail)


def _wake(record: dict[str, Any]) -> Wake | None:
    """The one that this very write tells; what an earlier one left in the item was sent with that.

    Of one that cannot be read nothing is said: whoever reads the saga meets what is wrong with it.
    """
    match record:
        case {
            "eventName": "INSERT" | "MODIFY",
            "dynamodb": {
                "NewImage": {
                    "execution_id": {"S": str(execution_id)},
                    "saga_name": {"S": str(saga_name)},
                    "wake": {"N": str(due)} as told,
                },
                **change,
            },
        } if due.isascii() and due.isdigit():
            old = change.get("OldImage")
            known = old.get("wake") if isinstance(old, dict) else None
            return Wake(execution_id, saga_name, int(due)) if known != told else None
        case _:
            return None


def _refuse(unreadable: CorruptSaga) -> NoReturn:
    raise unreadable
