"""Several people, a late answer and the clock at one saga at one version, in every order, with every answer lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

import pytest

from saga_orchestrator.adapters.counters.counter_items import counter_key
from saga_orchestrator.application.judging import Answered
from saga_orchestrator.application.operate import Answer
from saga_orchestrator.application.ports import LostRace
from saga_orchestrator.domain.definition import Step, Undo
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import DeadlinePassed
from saga_orchestrator.domain.flow.deciding import Signal, decide_waiting
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.signals import CommandAnswered
from saga_orchestrator.domain.flow.terms import Answer as Reply
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.saga import Cause, Claim, Saga
from saga_testing.aws.errors import reason, transaction_cancelled
from saga_testing.faults import Fault, possible_at
from saga_testing.wire import Wire
from sagas.order import ORDER
from tests.unit.application.operating import Desk, undo_parked

HOLD = Step("hold", claims=lambda _order: "lorries", undo=Undo())
"""A place that an order takes before all, and gives back last."""
HOLDING = replace(ORDER, steps=(HOLD, *ORDER.steps))


def holding() -> Saga:
    """An undo is parked, and a place is held until it is settled."""
    saga = undo_parked()
    (stock,) = saga.ledger.parked
    due = replace(stock, due=Desk(None).now - 1)
    return replace(
        saga,
        ledger=saga.ledger.with_entry(due),
        deadline=due.due,
        claim=Claim("lorries", 0),
        completed_steps=("hold", *saga.completed_steps),
    )


def desk_of(saga: Saga) -> Desk:
    desk = Desk(saga, definitions={"order_saga": HOLDING})
    desk.aws.dynamodb.put_item(TableName="sagas", Item=counter_key("lorries", 0) | {"n": {"N": "5"}})
    return desk


def taken(desk: Desk) -> int:
    return int(desk.aws.dynamodb.get_item(TableName="sagas", Key=counter_key("lorries", 0))["Item"]["n"]["N"])


def handler(desk: Desk, signal: Signal, wire: Wire) -> None:
    """As the functions do: read, decide, write once, and decide again on what won."""
    store = desk.sagas(wire)
    saga = store.get("o-1", "order_saga")
    while saga is not None:
        rules = desk.rules_of(saga.saga_name)
        assert rules is not None
        decision = decide_waiting(saga, signal, desk.now, rules)
        if not decision.changed or decision.saga is None:
            return
        outcome = store.replace(saga, decision.saga, decision.claims, decision.releases)
        if not isinstance(outcome, LostRace):
            return
        saga = outcome.current


Contender = Callable[[Desk, Wire], Answer | None]


def of_operator(deed: Deed, actor: str, version: int | None) -> Contender:
    def act(desk: Desk, wire: Wire) -> Answer:
        return desk.does(deed, wire, actor=actor, version=version, step="reserve_stock")

    return act


def late_done(desk: Desk, wire: Wire) -> None:
    signal = CommandAnswered(
        event_id="e-late",
        event_type="COMMAND_REPLY",
        key="o-1",
        correlation_id="c-1",
        message="release_stock#1",
        answer=Reply.DONE,
    )
    handler(desk, signal, wire)


def slow_asking(desk: Desk, wire: Wire) -> None:
    handler(desk, DeadlinePassed(), wire)


@dataclass
class Race:
    """All have read before any writes; then they write, the last of `order` first."""

    desk: Desk
    order: tuple[Contender, ...]
    fault: tuple[int, Fault] | None = None
    answers: dict[int, Answer | None] = field(default_factory=dict)
    unanswered: set[int] = field(default_factory=set)

    def run(self, place: int = 0) -> None:
        if place == len(self.order):
            return
        started = False

        def before_call(operation: str) -> None:
            nonlocal started
            if operation in {"update_item", "transact_write_items"} and not started:
                started = True
                self.run(place + 1)
                if self.fault is not None and self.fault[0] == place:
                    wire.plan = {len(wire.calls): self.fault[1]}

        wire = Wire(before_call=before_call)
        try:
            self.answers[place] = self.order[place](self.desk, wire)
        except RetryableError:
            self.unanswered.add(place)
        if not started:
            self.run(place + 1)


VERSION = holding().version
CONTENDERS: tuple[Contender, ...] = (
    of_operator(Deed.RESOLVE, "ann", VERSION),
    of_operator(Deed.SKIP, "bob", VERSION),
    late_done,
    slow_asking,
)
FAULTS: tuple[tuple[int, Fault] | None, ...] = (
    None,
    *((place, fault) for place in range(4) for fault in (Fault.REPLY_LOST, Fault.SDK_RETRIED)),
)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_one_wins_and_the_others_are_told(order: tuple[int, ...], fault: tuple[int, Fault] | None) -> None:
    desk = desk_of(holding())
    race = Race(desk, tuple(CONTENDERS[each] for each in order), fault)
    race.run()
    for place in sorted(race.unanswered):  # whoever got no answer asks again, the same
        race.answers[place] = race.order[place](desk, Wire())

    saga = desk.stored
    acted = [entry for entry in saga.timeline if entry.cause is Cause.OPERATED]
    assert [entry.event_id for entry in acted] == [act.id.event_id for act in desk.acts]
    winners = {place for place, answer in race.answers.items() if _won(answer)}
    assert len(winners) == len(acted) <= 1
    operators = {place for place, each in enumerate(order) if each < 2}
    for place in operators - winners:
        told = race.answers[place]
        assert told is not None
        assert told.answered is Answered.CHANGED
    assert saga.state == "failed"
    assert (taken(desk), saga.claim) == (4, None)
    emitted = [key for entry in saga.timeline for key in entry.messages]
    assert emitted.count("saga_failed#1") == 1
    assert len(set(emitted)) == len(emitted)


def _won(answer: Answer | None) -> bool:
    return answer is not None and answer.answered.is_done


@pytest.mark.parametrize("fault", [each for each in FAULTS if each is None or each[0] < 2], ids=str)
def test_two_who_retry_at_once_ask_once(fault: tuple[int, Fault] | None) -> None:
    """Without a version the loser decides again, and finds nothing parked any more."""
    desk = desk_of(holding())
    race = Race(desk, (of_operator(Deed.RETRY, "ann", None), of_operator(Deed.RETRY, "bob", None)), fault)
    race.run()
    for place in race.unanswered:
        race.answers[place] = race.order[place](desk, Wire())

    answered = {place: answer.answered for place, answer in race.answers.items() if answer}
    assert (_won(race.answers[1]), answered[0]) == (True, Answered.REFUSED)
    assert len(desk.acts) == 1
    assert [key for entry in desk.stored.timeline for key in entry.messages].count("release_stock#2") == 1


def test_the_same_request_twice_at_once_is_one_act() -> None:
    desk = desk_of(holding())
    twice = of_operator(Deed.RESOLVE, "ann", VERSION)
    race = Race(desk, (twice, twice))
    race.run()

    assert {place: answer.answered for place, answer in race.answers.items() if answer} == {
        0: Answered.REPLAYED,
        1: Answered.DONE,
    }
    assert (len(desk.acts), taken(desk)) == (1, 4)


def _faults_of(deed: Deed) -> Iterator[tuple[int, Fault]]:
    wire = Wire()
    assert desk_of(holding()).does(deed, wire, version=VERSION).answered is Answered.DONE
    for place, operation in enumerate(wire.calls):
        for fault in possible_at(operation):
            if fault not in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}:
                yield place, fault


EVERY_FAULT = [(deed, place, fault) for deed in (Deed.RETRY, Deed.SKIP, Deed.NOTE) for place, fault in _faults_of(deed)]


@pytest.mark.parametrize(("deed", "place", "fault"), EVERY_FAULT)
def test_whoever_got_no_answer_asks_again_with_the_same_key(deed: Deed, place: int, fault: Fault) -> None:
    desk = desk_of(holding())
    wire = Wire(plan={place: fault})
    answers: list[Answered] = []
    for _ in range(4):
        try:
            answers.append(desk.does(deed, wire, version=VERSION).answered)
        except RetryableError:
            continue

    assert len(desk.acts) == 1
    assert desk.stored.version == VERSION + (deed is not Deed.NOTE)
    assert set(answers) <= {Answered.DONE, Answered.REPLAYED}
    assert answers.count(Answered.DONE) <= 1
    assert answers[-1] is Answered.REPLAYED
    assert taken(desk) == (4 if deed is Deed.SKIP else 5)


def test_a_key_stands_for_one_thing_whatever_became_of_the_saga() -> None:
    """Its reply is lost, the step is asked and parks again; the same key comes three times: one attempt more."""
    desk = desk_of(holding())
    with pytest.raises(RetryableError):
        desk.does(Deed.RETRY, Wire(plan={2: Fault.REPLY_LOST}), key="k-1")
    asked_again = desk.stored
    entry = asked_again.ledger.of("reserve_stock")
    assert entry is not None
    parked = replace(
        asked_again,
        version=asked_again.version + 1,
        ledger=asked_again.ledger.with_entry(replace(entry, standing=Standing.UNDO_PARKED, since=desk.now, due=None)),
    )
    desk.sagas().replace(asked_again, parked, None, None)

    for _ in range(3):
        answer = desk.does(Deed.RETRY, key="k-1")
        assert (answer.answered, answer.saga) == (Answered.REPLAYED, parked)
    others: list[dict[str, Any]] = [{"step": "reserve_stock"}, {"reason": "another"}]
    for other in others:
        assert desk.does(Deed.RETRY, key="k-1", **other).answered is Answered.KEY_REUSED
    assert desk.does(Deed.RESOLVE, key="k-1", version=parked.version).answered is Answered.KEY_REUSED
    assert desk.stored == parked
    assert desk.does(Deed.RETRY, key="k-1", actor="bob").answered is Answered.DONE
    assert desk.does(Deed.RETRY, key="k-2").answered is Answered.REFUSED


@dataclass
class Cancelling:
    """A client whose next transaction is cancelled for these reasons, whatever the tables say."""

    target: Any
    reasons: list[dict[str, Any]]

    def __getattr__(self, operation: str) -> Any:
        return getattr(self.target, operation)

    def transact_write_items(self, **arguments: Any) -> Any:
        if self.reasons:
            reasons, self.reasons = self.reasons, []
            raise transaction_cancelled(reasons)
        return self.target.transact_write_items(**arguments)


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_what_may_pass_is_waited_out_at_each_position(position: int, code: str) -> None:
    desk = desk_of(holding())
    reasons = [reason() for _ in range(3)]
    reasons[position] = reason(code)
    desk.aws.dynamodb = Cancelling(desk.aws.dynamodb, reasons)

    assert desk.does(Deed.SKIP, version=VERSION).answered is Answered.DONE
    assert desk.aws.dynamodb.reasons == []
    assert (len(desk.acts), taken(desk), desk.stored.state) == (1, 4, "failed")
