"""Watching an execution from the outside: the table is asked until every saga of it has ended."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS, NotDoneError, NotFoundError
from sagactl.options import explain
from sagactl.rejected.items import open_items
from sagactl.table.sagas import details, sagas_of

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 2.0
_OUTCOME: Final = (
    *("saga_name", "state", "reason", "exit_code", "error_type", "ended_by", "invalid"),
    *("created_at", "ended_at", "pod_name", "node_name"),
)


@dataclass
class Followed:
    """What was seen so far; `tell` gets a line for each thing that happened."""

    stack: Deployment
    execution_id: str
    event_id: str
    tell: Callable[[str], None]
    sagas: Sequence[Saga] = ()
    _told: dict[str, int] = field(default_factory=dict)
    _complaint: str = ""

    @property
    def ended(self) -> bool:
        return bool(self.sagas) and all(saga.state.is_terminal for saga in self.sagas)

    @property
    def completed(self) -> bool:
        return self.ended and all(saga.state is SagaState.COMPLETED for saga in self.sagas)

    def until_end(self, seconds: float) -> None:
        """Return when it has ended, or so many seconds have passed."""
        until, pause = time.monotonic() + seconds, _FIRST_PAUSE
        while not self._look() and time.monotonic() < until:
            time.sleep(min(pause, max(0.0, until - time.monotonic())))
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def outcomes(self) -> list[dict[str, Any]]:
        """The answer of each saga: what its last SAGA_* message says."""
        return [
            {name: fact[name] for name in _OUTCOME} | {"message": _message(saga)}
            for saga in self.sagas
            for fact in [details(saga)]
        ]

    def _look(self) -> bool:
        try:
            self.sagas = self._found()
        except REFUSALS as error:
            # The request is on its way: a throttle or a lost connection is no reason to stop watching it.
            self._tell_once(explain(error))
            return False
        for saga in self.sagas:
            for line in self._news(saga):
                self.tell(line)
        return self.ended

    def _found(self) -> Sequence[Saga]:
        try:
            return sagas_of(self.stack, self.execution_id)
        except NotFoundError:
            self._refuse_rejected()
            return ()

    def _tell_once(self, line: str) -> None:
        if line != self._complaint:
            self.tell(f"{line}; still watching")
        self._complaint = line

    def _refuse_rejected(self) -> None:
        for kept in open_items(self.stack, 1, execution_id=self.execution_id):
            if kept.names.get("event_id") == self.event_id:
                why = f"{kept.reason}: {kept.detail}"
                raise NotDoneError(f"{self.execution_id} was rejected: {why}; see `sagactl rejected show {kept.id}`")

    def _news(self, saga: Saga) -> Iterator[str]:
        seen = self._told.get(saga.saga_name, 0)
        self._told[saga.saga_name] = len(saga.timeline)
        shown = details(saga)["timeline"]
        for number, entry in enumerate(shown[seen:], start=seen + 1):
            last = f", {saga.state}" if number == len(shown) else ""
            sent = f"; emitted {', '.join(entry['messages'])}" if entry["messages"] else ""
            yield f"{entry['at']} {saga.saga_name}: {entry['cause']}{last}{sent}"


def _message(saga: Saga) -> str | None:
    told = [key for entry in saga.timeline for key in entry.messages if key.startswith("saga_")]
    return told[-1].partition("#")[0].upper() if told else None
