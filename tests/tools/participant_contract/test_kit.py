"""The kit finds a participant to keep the contract, and each bug to break the rule that it breaks."""

import json
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from typer.testing import CliRunner

from saga_testing.clauses import Finding, Verdict, play_all
from saga_testing.clauses.channel import Inbox, Json
from saga_testing.participant_contract.__main__ import app
from saga_testing.participant_contract.clauses import CLAUSES
from saga_testing.participant_contract.commands import Step
from saga_testing.participant_contract.stage import Given, ParticipantStage
from tests.tools.participant_contract.__main__ import local_participant, over_the_bus
from tests.tools.participant_contract.reference import OUT_OF_STOCK, Reference
from tests.tools.worker.contract.__main__ import emulated_aws

STEP = Step("HOLD_STOCK_COMMAND", "RELEASE_STOCK_COMMAND", {"sku": "a"}, OUT_OF_STOCK, "order_id")
DOCUMENT = Path(__file__).parents[3] / "docs/participant-contract.md"
AS_SAID = ("--command", STEP.command, "--undo", str(STEP.undo), "--body", '{"sku": "a"}', "--key-field", "order_id")


class DirectChannel:
    def __init__(self, participant: Reference) -> None:
        self.inbox = Inbox()
        self._participant, self._lock = participant, threading.Lock()

    def send(self, message: Json) -> None:
        with self._lock:
            self.inbox.add(self._participant.answer(message))

    def close(self) -> None:
        """There is nothing to close."""


def found(participant: Reference) -> list[Finding]:
    given = Given(STEP, 5, 0.05, effects=participant.effects.__getitem__, restart=participant.restart)
    return play_all(CLAUSES, ParticipantStage(DirectChannel(participant), given, "run"))


def broken(findings: list[Finding]) -> dict[str, str]:
    return {each.number: each.seen for each in findings if each.verdict is Verdict.BROKEN}


def test_a_participant_of_thirty_lines_keeps_every_rule() -> None:
    findings = found(Reference())

    assert broken(findings) == {}
    assert {each.verdict for each in findings} == {Verdict.HOLDS}


@pytest.mark.parametrize("number", [clause.number for clause in CLAUSES])
def test_a_planted_bug_breaks_its_rule_and_no_other(number: str) -> None:
    seen = broken(found(Reference(number)))

    assert seen.keys() == {number}, seen


def test_what_is_not_given_is_not_played() -> None:
    given = Given(Step("HOLD_STOCK_COMMAND"), 5, 0.05)
    findings = play_all(CLAUSES, ParticipantStage(DirectChannel(Reference()), given, "run"))

    assert broken(findings) == {}
    missing = {each.number: each.seen for each in findings if each.verdict is Verdict.NOT_PLAYED}
    assert {*missing.values()} == {"give --effects", "give --refused", "give --undo", "give --restart"}
    assert {each.number for each in findings} - missing.keys() == {"2.1", "2.2", "3.1", "4.1"}


def test_the_contract_names_the_clauses_that_the_kit_plays() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("<!-- clauses -->")[2].partition("<!-- end clauses -->")[0]

    rows = [line for line in table.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert rows == [f"| {clause.number} | {clause.text} |" for clause in CLAUSES]


# -- over Kafka


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
    (here,) = cluster.list_topics(timeout=10).brokers.values()
    for topic in ("contract_commands", "contract_command_reply"):
        cluster.list_topics(topic, timeout=10)
    yield f"{here.host}:{here.port}"
    del cluster  # which lives as long as it is referred to


@pytest.fixture
def answering(broker: str) -> Iterator[str]:
    """A participant on topics of its own."""
    ended, participant = threading.Event(), Reference()
    consumer = Consumer({"bootstrap.servers": broker, "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"})
    producer = Producer({"bootstrap.servers": broker})
    consumer.subscribe(["contract_commands"])

    def work() -> None:
        while not ended.is_set():
            record = consumer.poll(0.1)
            if record is not None and not record.error():
                reply = participant.answer(json.loads(record.value() or b""))
                producer.produce("contract_command_reply", json.dumps(reply).encode())
                producer.flush(5)

    thread = threading.Thread(target=work)
    thread.start()
    yield broker
    ended.set()
    thread.join()
    consumer.close()


def play(*options: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*options])
    return done.exit_code, done.stdout, " ".join(done.stderr.split())


def test_the_rules_are_played_over_kafka(answering: str) -> None:
    refused = ("--refused", json.dumps(OUT_OF_STOCK))
    code, told, why = play(
        "--kafka", answering, *AS_SAID, *refused, "--quiet", "0.5", "--patience", "30", "--output", "json"
    )

    assert (code, why) == (0, "")
    verdicts = {each["number"]: each["verdict"] for each in json.loads(told)}
    assert [number for number, verdict in verdicts.items() if verdict != "holds"] == ["1.1", "1.2", "8.1", "8.2"]


def test_what_cannot_be_played_is_one_line(broker: str) -> None:
    kafka = ("--kafka", broker, "--patience", "0.5", "--quiet", "0.1")

    assert play("--kafka", broker)[0] == 2
    assert "no participant answers" in play(*kafka, *AS_SAID)[2]
    assert "--body is no JSON object" in play(*kafka, "--command", "X_COMMAND", "--body", "[]")[2]
    assert "there is no clause 9" in play(*kafka, *AS_SAID, "--only", "9")[2]
    assert "belongs to a stack" in play(*kafka, *AS_SAID, "--commands-topic", "saga_commands")[2]
    assert "give either --kafka or --bus" in play(*AS_SAID)[2]


def test_a_count_that_is_none_ends_the_run(answering: str) -> None:
    words = f"{sys.executable} -c \"print('many')\""
    code, _, why = play("--kafka", answering, *AS_SAID, "--effects", words, "--only", "1.1", "--quiet", "0.1")

    assert (code, why) == (2, "contract kit: --effects printed no number but 'many\\n'")


# -- over a bus


def test_the_local_participant_keeps_every_rule_that_shows_in_its_answers() -> None:
    with emulated_aws() as endpoint, local_participant(endpoint):
        done = over_the_bus(endpoint, "--output", "json")

    assert (done.returncode, done.stderr) == (0, "")
    verdicts = {each["number"]: each["verdict"] for each in json.loads(done.stdout)}
    assert {number for number, verdict in verdicts.items() if verdict == "not played"} == {
        *("1.1", "1.2", "3.2", "8.1", "8.2")
    }
