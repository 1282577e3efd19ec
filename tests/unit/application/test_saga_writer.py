"""Decide, write once, and decide again on what won the race: every answer a store can give, in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from saga_orchestrator.application import apply_event
from saga_orchestrator.application.apply_event import SagaWriter, metric_of
from saga_orchestrator.application.ports import LostRace, NoRoom, Outcome, Stored
from saga_orchestrator.domain.decide import Decision, Verdict
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError
from saga_orchestrator.domain.saga import Claim, Saga
from saga_orchestrator.domain.secret import Secret
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.sample_request import REQUEST
from tests.unit.samples import NOW, after, cancelled, completed, requested, rules, script_of, started

SCRIPT = Secret(b"print('hello')")
LOST_SIX = "^lost 6 races for one saga$"


@dataclass
class Outside:
    """Everything around a writer, answering from a script; `log` has its calls in order."""

    answers: Iterator[Outcome]
    stored: Saga | None = None
    jitter: float = 1.0
    log: list[tuple[Any, ...]] = field(default_factory=list)
    ticks: int = 0

    def create(self, saga: Saga, claims: str | None) -> Outcome:
        self.log.append(("create", saga, claims))
        return next(self.answers)

    def replace(self, old: Saga, new: Saga, claims: str | None, releases: Claim | None) -> Outcome:
        self.log.append(("replace", old, new, claims, releases))
        return next(self.answers)

    def get(self, execution_id: str, saga_name: str) -> Saga | None:
        self.log.append(("get", execution_id, saga_name))
        return self.stored

    def due(self, shard: int, now: int) -> Iterator[tuple[str, str, int]]:
        raise NotImplementedError

    def put(self, execution_id: str, sha256: bytes, content: Secret) -> None:
        self.log.append(("put", execution_id, sha256, content.reveal()))

    def count(self, name: str, value: int = 1) -> None:
        self.log.append(("count", name, value))

    def measure(self, name: str, value: int, **dimensions: str) -> None:
        self.log.append(("measure", name, value, *dimensions.values()))

    def clock(self) -> int:
        self.ticks += 1
        return NOW + self.ticks

    @property
    def writer(self) -> SagaWriter:
        return SagaWriter(
            store=self,
            scripts=self,
            clock=self.clock,
            pause=lambda seconds: self.log.append(("pause", round(seconds, 6))),
            jitter=lambda: self.jitter,
            metrics=self,
        )

    def calls(self, *names: str) -> list[tuple[Any, ...]]:
        return [call for call in self.log if call[0] in names]


def outside(*answers: Outcome, stored: Saga | None = None) -> Outside:
    return Outside(iter(answers), stored)


def test_the_script_is_stored_before_the_saga_that_names_it() -> None:
    around = outside(Stored())

    decision = around.writer.apply(requested(script_content=SCRIPT), rules())

    assert around.log == [
        ("put", "ex-1", REQUEST.script.sha256, b"print('hello')"),
        ("create", decision.saga, "python"),
        ("count", "UnauthorisedCancels", 0),
    ]
    assert decision.verdict is Verdict.APPLIED
    assert decision.saga is not None
    assert decision.saga.created_at == NOW + 1


def test_a_script_of_the_requesters_own_is_not_stored_again() -> None:
    around = outside(Stored())

    around.writer.apply(requested(script_of(5, bucket="b", key="k")), rules())

    assert not around.calls("put")


def test_the_script_of_a_request_that_is_refused_is_not_stored() -> None:
    around = outside(Stored())

    decision = around.writer.apply(requested(script_of(0), script_content=Secret(b"")), rules())

    assert decision.saga is not None
    assert decision.saga.state is SagaState.FAILED
    assert not around.calls("put")


def test_an_early_event_makes_a_stub_with_one_write() -> None:
    around = outside(Stored())

    decision = around.writer.apply(completed(), rules())

    assert around.log == [("create", decision.saga, None), ("count", "UnauthorisedCancels", 0)]


def test_cancels_that_are_ignored_are_counted_once_the_saga_is_stored() -> None:
    stub = after(cancelled("x1", "mallory"), cancelled("x2", "eve"))
    around = outside(LostRace(stub), Stored())

    around.writer.apply(requested(), rules())

    assert around.calls("count") == [("count", "UnauthorisedCancels", 2)]


def test_the_first_lost_race_finds_the_saga_and_is_no_contention() -> None:
    saga = after(requested())
    around = outside(LostRace(saga), Stored())

    decision = around.writer.apply(started(), rules())

    first, second = around.calls("create", "replace")
    assert first[0] == "create"
    assert second == ("replace", saga, decision.saga, None, None)
    assert decision.saga is not None
    assert decision.saga.has_started
    assert around.calls("pause") == []
    assert around.calls("count") == [("count", "UnauthorisedCancels", 0)]


def test_what_is_known_already_is_not_written_again() -> None:
    saga = after(requested())
    around = outside(LostRace(saga))

    assert around.writer.apply(requested(script_content=SCRIPT), rules()) == Decision(saga, Verdict.DUPLICATE)
    assert len(around.calls("create", "replace")) == 1


def test_the_script_is_stored_once_however_many_races_are_lost() -> None:
    stub = after(started())
    around = outside(LostRace(stub), LostRace(None), Stored())

    around.writer.apply(requested(script_content=SCRIPT), rules())

    assert [call[0] for call in around.calls("put", "create", "replace")] == ["put", "create", "replace", "create"]


@pytest.mark.parametrize("jitter", [1.0, 0.5])
def test_six_lost_races_are_enough_and_the_pauses_between_them_double(jitter: float) -> None:
    around = outside(*[LostRace(None)] * 9)
    around.jitter = jitter

    with pytest.raises(RetryableError, match=LOST_SIX):
        around.writer.apply(started(), rules())

    assert len(around.calls("create")) == 6
    assert around.calls("count") == [("count", "LostRaces", 1)] * 5
    assert [call[1] for call in around.calls("pause")] == [
        pytest.approx(jitter * seconds) for seconds in (0.04, 0.08, 0.16, 0.32, 0.64)
    ]


def test_without_a_free_slot_the_request_is_decided_again_as_refused() -> None:
    around = outside(NoRoom(), Stored())

    decision = around.writer.apply(requested(script_content=SCRIPT), rules())

    _with_claim, without = around.calls("create")
    assert without == ("create", decision.saga, None)
    assert decision.saga is not None
    assert (decision.saga.state, decision.saga.reason) == (SagaState.FAILED, "limit_reached")
    assert around.calls("count") == [("count", "LimitReached", 1), ("count", "UnauthorisedCancels", 0)]
    assert len(around.calls("put")) == 1
    assert around.calls("pause") == []


def test_a_race_lost_after_a_refused_claim_tries_for_a_slot_again() -> None:
    around = outside(NoRoom(), LostRace(after(started())), Stored())

    decision = around.writer.apply(requested(), rules())

    assert [call[-1 if call[0] == "create" else 3] for call in around.calls("create", "replace")] == [
        "python",
        None,
        "python",
    ]
    assert decision.saga is not None
    assert decision.saga.state is SagaState.RUNNING


def test_no_room_says_nothing_about_an_event_that_claims_nothing() -> None:
    around = outside(*[NoRoom()] * 9)

    with pytest.raises(RetryableError, match=LOST_SIX):
        around.writer.apply(started(), rules())

    assert around.calls("count") == []


def test_what_was_decided_ahead_is_what_is_written() -> None:
    around = outside(Stored())
    decided = around.writer.decide_ahead(requested(script_content=SCRIPT), rules(default_language_limit=0), None)
    assert around.log == []
    around.ticks = 50

    decision = around.writer.apply(requested(script_content=SCRIPT), rules(default_language_limit=0), None, decided)

    assert decision is decided
    assert [call[:2] for call in around.calls("put", "create")] == [("put", "ex-1"), ("create", decision.saga)]
    assert decision.saga is not None
    assert decision.saga.created_at == NOW + 1


def test_what_was_decided_ahead_and_lost_its_race_is_decided_again() -> None:
    stub = after(started())
    around = outside(LostRace(stub), Stored())
    decided = around.writer.decide_ahead(requested(), rules(default_language_limit=0), None)

    decision = around.writer.apply(requested(), rules(default_language_limit=0), None, decided)

    assert around.calls("replace") == [("replace", stub, decision.saga, None, None)]
    assert decision.saga is not None
    assert decision.saga.has_started


def test_what_takes_a_slot_is_decided_when_it_is_taken_and_not_ahead() -> None:
    around = outside()

    assert around.writer.decide_ahead(requested(), rules(), None) is None
    assert around.ticks == 0  # nor is it decided on twice


def test_nothing_is_written_of_what_was_known_ahead() -> None:
    saga = after(requested())
    around = outside()
    decided = around.writer.decide_ahead(requested(), rules(), saga)

    assert around.writer.apply(requested(), rules(), saga, decided) == Decision(saga, Verdict.DUPLICATE)
    assert around.log == []


def test_an_event_of_a_known_saga_is_decided_ahead_on_it() -> None:
    saga = after(requested())
    around = outside(Stored())
    decided = around.writer.decide_ahead(completed(), rules(), saga)

    decision = around.writer.apply(completed(), rules(), saga, decided)

    assert around.calls("replace") == [("replace", saga, decision.saga, None, saga.claim)]
    assert around.ticks == 1


def test_what_is_wrong_is_not_told_ahead_but_at_its_turn() -> None:
    saga = after(requested())
    around = outside()
    other = requested(request_hash=b"of other content")

    assert around.writer.decide_ahead(other, rules(), saga) is None
    with pytest.raises(RejectedEvent, match="requested before"):
        around.writer.apply(other, rules(), saga)


def test_a_message_that_no_target_takes_is_not_decided_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_event, "MAX_MESSAGE_BYTES", 10)
    around = outside()

    assert around.writer.decide_ahead(requested(), rules(), None) is None
    with pytest.raises(RejectedEvent, match="more than 10"):
        around.writer.apply(requested(script_content=SCRIPT), rules())
    assert around.log == []


def test_a_passed_deadline_is_judged_on_the_stored_saga() -> None:
    saga = after(requested())
    around = outside(Stored(), stored=saga)
    around.ticks = 300_000

    decision = around.writer.time_out("ex-1", "execution_saga", rules())

    assert around.log[:2] == [("get", "ex-1", "execution_saga"), ("replace", saga, decision.saga, None, None)]
    assert decision.saga is not None
    assert decision.saga.state is SagaState.TIMEOUT


def test_an_ending_gives_the_claim_back_in_its_own_write() -> None:
    claim = Claim("python", 3)
    held = after(requested()).having(claim=claim)
    around = outside(LostRace(held), Stored())

    around.writer.apply(completed(), rules())

    assert around.calls("replace")[0][3:] == (None, claim)


def test_a_decision_without_a_saga_is_never_written() -> None:
    with pytest.raises(TypeError, match="a decision that changes nothing is never written"):
        outside(Stored()).writer._write(None, Decision(None, Verdict.APPLIED))


@pytest.mark.parametrize(
    ("verdict", "metric"),
    [
        (Verdict.APPLIED, "EventsApplied"),
        (Verdict.REMEMBERED, "EarlyEvents"),
        (Verdict.DUPLICATE, "DuplicateEvents"),
        (Verdict.LATE, "LateEvents"),
    ],
)
def test_every_verdict_has_its_metric(verdict: Verdict, metric: str) -> None:
    assert metric_of(Decision(None, verdict)) == metric
