"""The participant at work: what it answers, in which order, and what it does when it is told to misbehave."""

import threading
from typing import Any

import pytest

from local_participant.faults import Behaviour, Fault
from local_participant.options import ParticipantOptions
from local_participant.participant import Participant, ParticipantNews
from stack_client import OutgoingEvent
from tests.tools.participant.samples import ORDER, command

COMMAND = "RESERVE_STOCK_COMMAND"


class Said:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def publish(self, event: OutgoingEvent) -> None:
        self.bodies.append(event.body)

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(body["in_reply_to"].rpartition(":")[2], body["outcome"]) for body in self.bodies]


@pytest.fixture
def said() -> Said:
    return Said()


def participant(said: Said, *faults: Fault, news: list[ParticipantNews] | None = None) -> Participant:
    return Participant(said, faults, threading.Event(), (news if news is not None else []).append)


def test_a_command_is_answered_to_its_address_with_what_the_saga_keeps(said: Said) -> None:
    participant(said).obey(command("reserve_stock"))

    (body,) = said.bodies
    assert body["event_type"] == "COMMAND_REPLY"
    assert body["event_id"] == f"order_saga:{ORDER}:reserve_stock.1:reply"
    assert (body["in_reply_to"], body["outcome"]) == (f"order_saga:{ORDER}:reserve_stock#1", "done")
    assert body["data"]["reservation"].startswith("shelf-")
    assert body["metadata"]["correlation_id"] == f"corr-{ORDER}"


def test_a_message_that_comes_again_gets_the_same_event_again(said: Said) -> None:
    worker = participant(said)
    for _ in range(2):
        worker.obey(command("reserve_credit"))

    first, second = ({k: v for k, v in body.items() if k != "timestamp"} for body in said.bodies)
    assert first == second
    assert (worker.account().commands, worker.account().repeated) == (1, 1)


def test_an_event_id_stays_within_its_limit(said: Said) -> None:
    participant(said).obey(command("reserve_credit", message_id="s" * 60 + ":" + "k" * 64 + ":reserve_credit#1"))

    assert len(said.bodies[0]["event_id"]) <= 128


@pytest.mark.parametrize(
    ("behaviour", "told", "held"),
    [
        (Behaviour.REFUSE, [("reserve_stock#1", "refused")], ()),
        (Behaviour.FAIL, [("reserve_stock#1", "failed")], ()),
        (Behaviour.SILENT, [], (f"{ORDER} {COMMAND}",)),
        (Behaviour.LATE, [], (f"{ORDER} {COMMAND}",)),
        (Behaviour.TWICE, [("reserve_stock#1", "done")] * 2, (f"{ORDER} {COMMAND}",)),
        (Behaviour.OVERTAKEN, [], ()),
    ],
)
def test_each_fault_on_the_first_attempt(
    said: Said, behaviour: Behaviour, told: list[tuple[str, str]], held: tuple[str, ...]
) -> None:
    worker = participant(said, Fault("order-", COMMAND, behaviour, attempts=(1,), seconds=1000))

    worker.obey(command("reserve_stock"))
    worker.answer_what_is_due(0.0)

    assert said.told == told
    assert worker.account().held == held


def test_two_answers_are_two_events(said: Said) -> None:
    participant(said, Fault("order-", COMMAND, Behaviour.TWICE)).obey(command("reserve_stock"))

    assert len({body["event_id"] for body in said.bodies}) == 2


def test_a_late_answer_comes_when_its_time_has_come(said: Said) -> None:
    worker = participant(said, Fault("order-", COMMAND, Behaviour.LATE, seconds=5))
    worker.obey(command("reserve_stock"))

    worker.answer_what_is_due(float("inf"))
    worker.answer_what_is_due(float("inf"))

    assert said.told == [("reserve_stock#1", "done")]


def test_an_overtaken_answer_comes_after_the_next_attempts(said: Said) -> None:
    worker = participant(said, Fault("order-", COMMAND, Behaviour.OVERTAKEN, attempts=(1,)))
    worker.obey(command("reserve_stock", 1))
    worker.obey(command("release_credit", 2))
    worker.obey(command("reserve_stock", 2))

    assert said.told == [("release_credit#2", "done"), ("reserve_stock#2", "done"), ("reserve_stock#1", "failed")]


def test_a_fault_concerns_the_orders_and_attempts_that_it_names(said: Said) -> None:
    worker = participant(said, Fault("order-", COMMAND, Behaviour.REFUSE, attempts=(2,)))
    worker.obey(command("reserve_stock", 1, order="order-a"))
    worker.obey(command("reserve_stock", 2, order="order-b"))
    worker.obey(command("reserve_stock", 2, order="another"))
    worker.obey(command("reserve_credit", 2, order="order-c"))

    assert [outcome for _, outcome in said.told] == ["done", "refused", "done", "done"]


def test_what_is_no_command_is_counted_and_told(said: Said) -> None:
    news: list[ParticipantNews] = []
    worker = participant(said, news=news)

    assert worker.obey(None) is None
    assert worker.obey({"message_type": COMMAND}) is None

    assert worker.account().malformed == 2
    assert [each.what for each in news] == ["malformed"] * 2
    assert said.bodies == []


def test_options_survive_the_process_boundary() -> None:
    options = ParticipantOptions(
        "http://127.0.0.1:1",
        "us-east-1",
        "bus",
        topics={"COMMAND_REPLY": "command_reply"},
        faults=(Fault("late-", COMMAND, Behaviour.LATE, (1, 2), 2.5),),
    )

    assert ParticipantOptions.from_json(options.to_json()) == options
