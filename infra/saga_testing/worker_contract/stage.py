"""Where the clauses are played: executions are begun and deleted, and what the worker says of them is looked at."""

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from saga_testing.clauses import ClauseBroken, NotPlayed
from saga_testing.clauses.channel import Channel
from saga_testing.worker_contract.commands import Json, create_command, delete_command

STARTED: Final = "EXECUTION_STARTED"
COMPLETED: Final = "EXECUTION_COMPLETED"
FAILED: Final = "EXECUTION_FAILED"
TIMEOUT: Final = "EXECUTION_TIMEOUT"
ENDINGS: Final = frozenset({COMPLETED, FAILED, TIMEOUT})
HEARD: Final = (STARTED, COMPLETED, FAILED, TIMEOUT, "COMMAND_REPLY")
_GLANCE_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Given:
    """What the caller knows of the worker. What is not given leaves its clauses unplayed."""

    patience: float = 60.0
    quiet: float = 5.0
    fields: Json = field(default_factory=dict)
    """Fields of every create, such as the image."""
    put_script: Callable[[str, bytes], None] | None = None
    """Puts bytes under a key of `bucket`."""
    bucket: str | None = None
    room: int | None = None
    shared: Path | None = None
    restart: Callable[[], None] | None = None
    log: Path | None = None
    unknown_image: str | None = None


class WorkerStage:
    """One worker at the other end of a channel."""

    def __init__(self, channel: Channel, given: Given, run: str) -> None:
        self.given = given
        self._channel, self._run, self._numbers = channel, run, itertools.count(1)

    def execution(self, name: str) -> str:
        return f"kit-{self._run}-{name}"

    def create(self, name: str, script: str, *, by_reference: bool = False, **changes: Any) -> Json:
        """A create that is not sent yet; it carries its script, unless that is referred to alone."""
        carried = {"script": None} if by_reference else {}
        return create_command(self.execution(name), script.encode(), **{**self.given.fields, **carried, **changes})

    def delete(self, create: Json, occurrence: int = 1) -> Json:
        """The delete of what `create` begins, sent."""
        command = delete_command(create["execution_id"], occurrence)
        self.send(command)
        return command

    def send(self, *messages: Json) -> None:
        for message in messages:
            self._channel.send(message)

    def begin(self, name: str, script: str, **changes: Any) -> Json:
        """A create, sent."""
        command = self.create(name, script, **changes)
        self.send(command)
        return command

    def heard(self, create: Json) -> list[Json]:
        """Its events. One that was said twice in the same words counts once: reporting twice is reporting once."""
        events = [event for event in self._channel.inbox.of(create["execution_id"]) if "in_reply_to" not in event]
        unique = {json.dumps({**event, "timestamp": None}, sort_keys=True): event for event in events}
        return list(unique.values())

    def starts(self, create: Json) -> set[str]:
        """When it was started, as the worker says: a second run has a time of its own, the same event again has not."""
        events = self._channel.inbox.of(create["execution_id"])
        return {str(event.get("timestamp")) for event in events if event.get("event_type") == STARTED}

    def replies(self, command: Json) -> list[Json]:
        heard = self._channel.inbox.of(command["execution_id"])
        return [reply for reply in heard if reply.get("in_reply_to") == command["message_id"]]

    def heard_within(self, create: Json, seconds: float) -> bool:
        """Whether anything at all is said about it."""
        return self._channel.inbox.wait(create["execution_id"], bool, seconds)

    def started(self, create: Json) -> Json:
        """The start, waited for."""
        return self._awaited(create, lambda event: event.get("event_type") == STARTED, "EXECUTION_STARTED")

    def ended(self, create: Json) -> Json:
        """The first end, waited for."""
        return self._awaited(create, lambda event: event.get("event_type") in ENDINGS, "end")

    def answered(self, command: Json, times: int) -> list[Json]:
        """The replies to a command, waited for until there are so many."""
        patience = self.given.patience
        self._channel.inbox.wait(command["execution_id"], lambda _: len(self.replies(command)) >= times, patience)
        found = self.replies(command)
        if len(found) < times:
            raise ClauseBroken(f"{len(found)} answers instead of {times} within {patience:g} s")
        return found

    def _awaited(self, command: Json, wanted: Callable[[Json], bool], what: str) -> Json:
        subject, patience = command["execution_id"], self.given.patience
        if not self._channel.inbox.wait(subject, lambda heard: any(map(wanted, heard)), patience):
            raise ClauseBroken(f"no {what} within {patience:g} s; heard: {types_of(self.heard(command)) or 'nothing'}")
        return next(event for event in self._channel.inbox.of(subject) if wanted(event))

    def silence(self, create: Json, *, after: int = 0, what: str) -> None:
        """Nothing but the first `after` events comes, however long the worker is given.

        What was sent before another execution's create was taken before that one ended; only then does the quiet begin.
        """
        self.settle()
        time.sleep(self.given.quiet)
        events = self.heard(create)
        if len(events) > after:
            raise ClauseBroken(f"{what}: {types_of(events[after:])}")

    def never_run(self, create: Json, what: str) -> None:
        """It neither starts nor completes, however long the worker is given; a failure would be nobody's harm."""
        self.settle()
        time.sleep(self.given.quiet)
        told = types_of(self.heard(create))
        if STARTED in told or COMPLETED in told:
            raise ClauseBroken(f"{what}: {told}")

    def settle(self) -> None:
        """The worker takes what came before, and another execution, which it ends."""
        self.ended(self.begin(f"later{next(self._numbers)}", "print('later')"))

    def pause(self) -> None:
        """Time for a message to be taken, where no order is promised and nothing answers."""
        time.sleep(self.given.quiet)

    def need(self, value: Any, option: str) -> Any:
        """What an option gave; without it the clause is not played."""
        if value is None:
            raise NotPlayed(f"give {option}")
        return value

    def beats(self, create: Json) -> Callable[[], int]:
        """How long the file is into which the execution's processes write for as long as they live."""
        folder: Path = self.need(self.given.shared, "--shared")
        path = folder / create["execution_id"]
        return lambda: path.stat().st_size if path.exists() else 0

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + self.given.patience
        while not condition():
            if time.monotonic() > end:
                raise ClauseBroken(f"{what} within {self.given.patience:g} s")
            time.sleep(_GLANCE_SECONDS / 4)

    def still(self, beats: Callable[[], int], what: str) -> None:
        """The file does not grow any more; a breath is allowed for what was being written."""
        time.sleep(_GLANCE_SECONDS)
        before = beats()
        time.sleep(max(self.given.quiet, 2 * _GLANCE_SECONDS))
        if beats() != before:
            raise ClauseBroken(what)


def types_of(events: list[Json]) -> str:
    return ", ".join(str(event.get("event_type")) for event in events)


def moment(event: Json) -> datetime:
    """When the worker says that it happened; how long the way took plays no part."""
    try:
        return datetime.fromisoformat(str(event.get("timestamp")).upper())
    except ValueError:
        raise ClauseBroken(f"timestamp is {event.get('timestamp')!r} in {event.get('event_type')}") from None


def expect(condition: object, seen: str) -> None:
    """The clause is broken unless the condition is true."""
    if not condition:
        raise ClauseBroken(seen)


def one_run(stage: WorkerStage, create: Json) -> Json:
    """One start, then one end, which is returned; two runs would differ in what they report.

    By the worker's clock: topics of their own keep no order among each other.
    """
    start, end = stage.started(create), stage.ended(create)
    told = types_of(events := stage.heard(create))
    expect(told.count(STARTED) == 1, f"not one start: {told}")
    expect(sum(event.get("event_type") in ENDINGS for event in events) == 1, f"not one end: {told}")
    expect(moment(start) <= moment(end), "the start is told of a time after the end")
    return end


def refused_to_run(stage: WorkerStage, create: Json) -> Json:
    """The failure, before which nothing was started."""
    ended = stage.ended(create)
    expect(ended["event_type"] == FAILED, f"not failed: {ended['event_type']}")
    stage.pause()
    events = stage.heard(create)
    expect(types_of(events) == FAILED, f"it was run: {types_of(events)}")
    return ended
