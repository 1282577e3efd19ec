"""Publishing what sagas emitted: in order, nothing passed over, and what can never be published kept aside."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import takewhile
from typing import Any

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, RetryableError, UnknownMessageKey
from saga_orchestrator.domain.flow.dues import Wake
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.render import MAX_MESSAGE_BYTES, Message, encoded, render, sent_by
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.versions.emitting import as_emitted

from .ports import Fate, Publisher, Reporting, SagaStore, ScriptSource
from .rejected_events import KeepRejected, unexpected
from .sendable import commands_among, republishable
from .wakes import WakeSender


@dataclass(frozen=True, slots=True)
class EmittingWrite:
    """One record of the table's stream: the keys that it emits, and the saga as it was written.

    `read` decodes the saga, and is called once; it raises `RejectedEvent` when the item can be read by nobody.
    """

    sequence_number: str
    keys: tuple[str, ...]
    read: Callable[[], Saga]
    identity: dict[str, Any]
    wake: Wake | None = None


@dataclass(frozen=True, slots=True)
class _Owed:
    place: str
    messages: list[tuple[Message, str]]
    """Each with its encoded body."""


@dataclass(frozen=True, slots=True)
class Relay:
    """One target's relay: each has its own, so that one that refuses holds back no other.

    `store` and `rejected` are asked for when they are needed: most runs need neither.
    """

    sagas: SagaRegistry
    publisher: Publisher
    scripts: ScriptSource
    store: Callable[[], SagaStore]
    rejected: Callable[[], KeepRejected]
    telemetry: Reporting
    stack: str = ""
    publish_commands: bool = True
    wakes: WakeSender | None = None
    """Of one relay alone; without it there are none."""

    def send(self, writes: Iterable[EmittingWrite]) -> str | None:
        """The sequence number of the first write that is not completely sent, or None."""
        owed: list[_Owed] = []
        wakes: list[tuple[str, Wake]] = []
        failed: str | None = None
        for write in writes:
            if write.wake is not None:
                wakes.append((write.sequence_number, write.wake))
            try:
                owed.append(_Owed(write.sequence_number, self._messages(write)))
            except (UnknownMessageKey, RetryableError) as failure:
                # Newer code may have written it, or the script cannot be read now. What came before is still sent.
                self.telemetry.count("RecordsToRetry")
                self.telemetry.warn("record will be delivered again", cause=str(failure))
                failed = write.sequence_number
                break
            except RejectedEvent as hopeless:
                self._set_aside(write, hopeless)
            except Exception as bug:  # noqa: BLE001 - the boundary: one saga must not hold back its whole shard for hours
                self._set_aside(write, unexpected(bug))
        unsent, _ = self._publish(owed)
        stopped = unsent or failed
        self._wake(wakes, stopped)
        return stopped

    def _wake(self, wakes: list[tuple[str, Wake]], stopped: str | None) -> None:
        """After the messages, which wait for no hint; those of what is delivered again come again with it."""
        done = [wake for _, wake in takewhile(lambda each: each[0] != stopped, wakes)]
        if self.wakes is not None and done:
            self.wakes.send(done)

    def send_again(self, execution_id: str, saga_name: str) -> tuple[list[str], list[str]]:
        """Message ids (sent, skipped) of all that the saga ever emitted, from what is stored now.

        A saga that cannot be sent is skipped with its reason: it is not to keep the others of the call from being sent.

        Raises:
            RetryableError: not every message could be published; asking again is harmless.
        """
        try:
            saga = self.store().get(execution_id, saga_name)
            if saga is None:
                return [], [f"{execution_id}: no such saga"]
            keys, too_late = republishable(saga, self._definition_of(saga))
        except UnknownMessageKey as unknown:
            return [], [f"{execution_id}: {unknown}"]
        except RejectedEvent as hopeless:
            return [], [f"{execution_id}: {hopeless.reason}"]
        sendable = self._allowed(saga, keys)
        skipped = [f"{saga.saga_id}:{key}" for key in (*too_late, *(key for key in keys if key not in sendable))]
        messages: list[tuple[Message, str]] = []
        for key in sendable:
            try:
                messages.append(self._complete(saga, key))
            except RejectedEvent as hopeless:
                # One message that cannot be made keeps neither its saga's others nor other sagas' from being sent.
                skipped.append(f"{saga.saga_id}:{key}: {hopeless.reason}")
            except UnknownMessageKey:
                skipped.append(f"{saga.saga_id}:{key}: not known to this release")
        failed, refused = self._publish([_Owed(saga.saga_id, messages)])
        if failed is not None:
            msg = f"not every message of {saga.saga_id} could be published; ask again"
            raise RetryableError(msg)
        ids = [message.id for message, _ in messages]
        return [each for each in ids if each not in refused], [*skipped, *(each for each in ids if each in refused)]

    def _messages(self, write: EmittingWrite) -> list[tuple[Message, str]]:
        """All that can be made: what cannot is kept aside by itself, and holds back nothing beside it.

        Raises:
            RejectedEvent: none can be made, so that it is kept as one thing.
        """
        if not write.keys:
            return []
        saga = write.read()
        made: list[tuple[Message, str]] = []
        unmade: list[tuple[str, RejectedEvent]] = []
        for key in self._allowed(saga, write.keys):
            try:
                made.append(self._complete(saga, key))
            except (UnknownMessageKey, RetryableError):
                raise  # all of the write comes again, and what is kept of it would be kept twice
            except RejectedEvent as hopeless:
                unmade.append((key, hopeless))
            except Exception as bug:  # noqa: BLE001 - the boundary: one message is not to keep another from being sent
                unmade.append((key, unexpected(bug)))
        if unmade and not made:
            raise unmade[0][1]
        for key, why in unmade:
            self._keep_unmade(write, f"{saga.saga_id}:{key}", why)
        return made

    def _allowed(self, saga: Saga, keys: tuple[str, ...]) -> tuple[str, ...]:
        """`keys` without the commands, while those are switched off: also those emitted before count as dealt with.

        They stay in the timeline, from which an operator can have them sent once commands are switched on again.
        Waiting for that would hold back whatever else the shard owes, until all of it is too old.
        """
        held_back = () if self.publish_commands else commands_among(keys, self._definition_of(saga))
        if held_back:
            self.telemetry.count("CommandsHeldBack", len(held_back))
            self.telemetry.warn("commands held back", execution_id=saga.execution_id, keys=" ".join(held_back))
        return tuple(key for key in keys if key not in held_back)

    def _complete(self, saga: Saga, key: str) -> tuple[Message, str]:
        # The version that emitted it makes it, whenever it is made, and whatever the saga was moved to since.
        then, definition = as_emitted(saga, key, self._registry_of(saga))
        message = sent_by(self.stack, render(then, key, definition))
        if not message.wants_script:
            return message, encoded(message)
        reference = message.body["script_ref"]
        script = self.scripts.read_script(reference["bucket"], reference["key"]).reveal()
        if sha256(script).hexdigest() != reference["sha256"]:
            # Whatever answered, it was not the bucket: its key is made of the hash, and nobody else writes there.
            msg = f"what was read is not the script of {message.id}"
            raise RetryableError(msg)
        whole = replace(message, body={**message.body, "script": script.decode()})
        # As JSON a script can be six times as long. What no target would take travels by its reference alone.
        body = encoded(whole)
        return (whole, body) if len(body.encode()) <= MAX_MESSAGE_BYTES else (message, encoded(message))

    def _publish(self, owed: list[_Owed]) -> tuple[str | None, set[str]]:
        """The first write not completely sent, and the ids of messages that were kept aside instead."""
        refused: set[str] = set()
        messages = [pair for each in owed for pair in each.messages]
        if not messages:
            return None, refused
        try:
            fates = self.publisher.publish(messages)
        except (RetryableError, RejectedEvent) as failure:
            # Also what no try could get through: no one message is to blame for it, so none may be passed over.
            self.telemetry.warn("publishing failed", cause=str(failure))
            fates = [Fate.MAY_PASS] * len(messages)
        self.telemetry.count("MessagesPublished", fates.count(Fate.PUBLISHED))
        remaining = iter(zip(messages, fates, strict=True))
        for each in owed:
            results = [next(remaining) for _ in each.messages]
            if any(fate is Fate.MAY_PASS for _, fate in results):
                return each.place, refused
            for (message, body), fate in results:
                if fate is Fate.PERMANENT:
                    self._keep_message(each.place, message, body)
                    refused.add(message.id)
        return None, refused

    def _definition_of(self, saga: Saga) -> SagaDefinition:
        try:
            return self._registry_of(saga).definition_of(saga)
        except RetryableError as newer:
            # A record comes again until newer code is there; whoever asks for many sagas gets the others meanwhile.
            raise UnknownMessageKey(str(newer)) from newer

    def _registry_of(self, saga: Saga) -> SagaRegistry:
        if self.sagas.named(saga.saga_name) is None:
            msg = f"{saga.saga_id} belongs to a saga that this code does not know"
            raise UnknownMessageKey(msg)
        return self.sagas

    def _set_aside(self, write: EmittingWrite, hopeless: RejectedEvent) -> None:
        self.rejected().keep(hopeless, json.dumps(write.identity).encode(), "stream", {"record": write.sequence_number})

    def _keep_unmade(self, write: EmittingWrite, message_id: str, hopeless: RejectedEvent) -> None:
        original = json.dumps({**write.identity, "message_id": message_id}).encode()
        self.rejected().keep(hopeless, original, "stream", {"record": f"{write.sequence_number}/{message_id}"})

    def _keep_message(self, place: str, message: Message, body: str) -> None:
        hopeless = RejectedEvent(RejectReason.UNPUBLISHABLE, f"refused: {message.type}")
        self.rejected().keep(hopeless, body.encode(), "stream", {"record": f"{place}/{message.id}"})
