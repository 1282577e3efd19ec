"""The participant as a child process of whoever runs the stack."""

from collections.abc import Callable
from typing import Any

from local_participant.options import ParticipantOptions
from local_participant.participant import ParticipantAccount, ParticipantNews
from stack_client import ChildProgram


class ParticipantProcess:
    """One participant; `stop` leaves nothing of it behind."""

    def __init__(
        self, options: ParticipantOptions, tell: Callable[[ParticipantNews], None] = lambda _news: None
    ) -> None:
        self._tell = tell
        self._account: ParticipantAccount | None = None
        self._program = ChildProgram("local_participant", options.to_json(), self._take)

    def start(self) -> None:
        """Returns once its subscription stands."""
        self._program.start()

    @property
    def running(self) -> bool:
        return self._program.running

    def stop(self) -> ParticipantAccount | None:
        """None when it could not give its account any more."""
        self._program.stop()
        return self._account

    def _take(self, report: dict[str, Any]) -> None:
        match report.pop("kind"):
            case "account":
                self._account = ParticipantAccount(**{**report, "held": tuple(report["held"])})
            case "answer":
                self._tell(ParticipantNews(**report))
