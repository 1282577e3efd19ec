"""Which incidents there are. Light: `sagactl local up` reads it before anything is started."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sagactl.errors import NotUsableError


@dataclass(frozen=True)
class Incident:
    """`section` is its anchor in docs/operations.md, `begins` what somebody who was called types first."""

    number: int
    title: str
    alarm: str
    section: str
    begins: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def told(self) -> str:
        return (
            f"Incident {self.number} is prepared: {self.title}. {self.alarm} rings.\n"
            f"Its way out stands in docs/operations.md#{self.section}; begin with `{self.begins}`.\n"
        )


INCIDENTS: Final = (
    Incident(1, "a parked undo", "ParkedSagasAlarm", "incident-1-a-parked-undo", "sagactl list --state compensating"),
    Incident(
        2,
        "a dead worker",
        "SagasNeverStartedAlarm",
        "incident-2-a-dead-worker",
        "sagactl list --reason start_deadline_passed",
        {"StartDeadlineSeconds": "10"},
    ),
    Incident(3, "a refused event", "UnauthorisedCancelsAlarm", "incident-3-a-refused-event", "sagactl rejected list"),
    Incident(4, "a poison event", "RejectedEventsAlarm", "incident-4-a-poison-event", "sagactl rejected list"),
    Incident(
        5,
        "a full language, and one owner holds it all",
        "LimitReachedAlarm",
        "incident-5-a-full-language",
        "sagactl slots --language python",
        {"LanguageLimits": '{"python":3}'},
    ),
)
CHECK_INTERVAL: Final = 1.0
"""Seconds between the checker's runs: nobody practises by waiting."""


def incident_named(text: str) -> Incident:
    """Raises NotUsableError, which names those that there are."""
    for incident in INCIDENTS:
        if text == str(incident.number):
            return incident
    there = ", ".join(f"{each.number} ({each.title})" for each in INCIDENTS)
    raise NotUsableError(f"--incident {text}: there is no such one; there are {there}")
