"""A case: one documented behaviour of AWS, as an observation and what AWS answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from tests.contracts.subject import Subject

ACCEPTED: Final = "accepted"
VALIDATION: Final = "ValidationException"
CONDITION: Final = "ConditionalCheckFailedException"

Observe = Callable[[Subject], Any]


@dataclass(frozen=True, slots=True)
class Case:
    """`source` names the page of AWS's documentation that says so; the observation is plain data."""

    name: str
    source: str
    observe: Observe
    expected: Any


class Chapter:
    """Cases of one subject, in the order in which they are declared."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.cases: list[Case] = []

    def case(self, source: str, expected: Any) -> Callable[[Observe], Observe]:
        """The function's name, with spaces, is the case's name."""

        def declare(observe: Observe) -> Observe:
            self.add(observe.__name__.replace("_", " "), source, observe, expected)
            return observe

        return declare

    def add(self, name: str, source: str, observe: Observe, expected: Any) -> None:
        self.cases.append(Case(f"{self.title}: {name}", source, observe, expected))


def answer(call: Callable[[], Any]) -> str:
    """`accepted`, or the code of the error."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ACCEPTED


def refusal(call: Callable[[], Any]) -> dict[str, Any]:
    """What an error says beside its code and message; empty when there was none."""
    try:
        call()
    except ClientError as error:
        return dict(error.response)
    return {}


def observed(case: Case, subject: Subject) -> Any:
    """An emulator that breaks down answers too: with the name of what it raised."""
    try:
        return case.observe(subject)
    except ClientError as error:
        return f"raised {error.response['Error']['Code']}"
    except Exception as broken:  # noqa: BLE001 - emulators break down in every way, and that is an observation
        return f"raised {type(broken).__name__}"
