"""The reference keeps every rule; and each rule is there for the participant that breaks exactly it."""

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

import pytest

from saga_testing.participant import RULES, Business, Participant, Takes, broken_rules

Json = dict[str, Any]


def of(kind: type[Participant], business: Business, memory: MutableMapping[str, str]) -> Takes:
    return kind(business.do, business.take_back, memory).take


class DoesItAgain(Participant):
    def decide(self, message: Json, operation: str, now: datetime) -> str:
        outcome = super().decide(message, operation, now)
        if "undoes" not in message and message["attempt"] > 1 and outcome == "done":
            self.do(message)
        return outcome


class TriesAgain(Participant):
    def take(self, message: Json, now: datetime) -> Json:
        if self.memory.get(message["message_id"]) == "failed":
            del self.memory[message["message_id"]]
        return super().take(message, now)


class ThinksAgain(Participant):
    def decide(self, message: Json, operation: str, now: datetime) -> str:
        if self.memory.get(operation) == "refused":
            del self.memory[operation]
        return super().decide(message, operation, now)


class NeverTooLate(Participant):
    def decide(self, message: Json, operation: str, now: datetime) -> str:
        return super().decide({**message, "expires_at": now.isoformat()}, operation, now)


class SaysItIsUndone(Participant):
    def decide(self, message: Json, operation: str, now: datetime) -> str:
        if "undoes" in message:
            self.memory[operation] = "barred"
            return "done"
        return super().decide(message, operation, now)


class KnowsNothingOfIt(Participant):
    def decide(self, message: Json, operation: str, now: datetime) -> str:
        unknown = "undoes" in message and operation not in self.memory
        outcome = super().decide(message, operation, now)
        return "refused" if unknown else outcome


class BarsNothing(Participant):
    def decide(self, message: Json, operation: str, now: datetime) -> str:
        outcome = super().decide(message, operation, now)
        if "undoes" in message and outcome == "done":
            del self.memory[operation]
        return outcome


class ForgetsItself(Participant):
    def __init__(self, do: Any, take_back: Any, _memory: MutableMapping[str, str]) -> None:
        super().__init__(do, take_back, {})


def test_the_reference_keeps_every_rule() -> None:
    assert broken_rules(lambda business, memory: of(Participant, business, memory)) == []


BROKEN = (
    DoesItAgain,
    TriesAgain,
    ThinksAgain,
    NeverTooLate,
    SaysItIsUndone,
    KnowsNothingOfIt,
    BarsNothing,
    ForgetsItself,
)


@pytest.mark.parametrize(("number", "broken"), [*enumerate(BROKEN, start=1)])
def test_each_rule_finds_the_participant_that_breaks_it_and_no_other_rule_does(
    number: int, broken: type[Participant]
) -> None:
    found = broken_rules(lambda business, memory: of(broken, business, memory))

    assert [rule[:2] for rule in found] == [f"{number}."]


def test_one_that_stays_silent_keeps_no_rule_that_wants_an_answer() -> None:
    found = broken_rules(lambda _business, _memory: lambda _message, _now: None)

    assert len(found) == len(RULES) - 1  # beginning nothing too late is all it does right
