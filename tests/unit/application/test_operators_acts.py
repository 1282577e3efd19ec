"""An operator's act and what it changes are one transaction; whoever is refused leaves nothing behind."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.application.judging import Answered
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.flow.verbs import Refused
from saga_orchestrator.domain.operating.acts import KEPT_SECONDS, Act, ActKey, Door, Role, problem_of
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed
from saga_orchestrator.domain.saga import Cause, Saga
from saga_orchestrator.domain.states import SagaState
from tests.unit.application.operating import Desk, asked, running, stuck, undo_parked, waiting

SECRET = "Kn4rienV0gel"


def at(saga: Saga) -> dict[str, Any]:
    return {"version": saga.version}


@pytest.mark.parametrize(
    ("parked", "deed", "standing", "state"),
    [
        (undo_parked(), Deed.RETRY, Standing.UNDO_ASKED, SagaState.COMPENSATING),
        (undo_parked(), Deed.RESOLVE, Standing.RESOLVED, SagaState.FAILED),
        (undo_parked(), Deed.SKIP, Standing.UNDO_SKIPPED, SagaState.FAILED),
        (stuck(), Deed.RETRY, Standing.ASKED, SagaState.RUNNING),
        (stuck(), Deed.RESOLVE, Standing.DONE, SagaState.COMPLETED),
        (stuck(answered=True), Deed.UNDO, Standing.GIVEN_UP, SagaState.COMPENSATING),
    ],
)
def test_what_was_done_is_on_record_with_what_it_changed(
    parked: Saga, deed: Deed, standing: Standing, state: SagaState
) -> None:
    desk = Desk(parked)
    answer = desk.does(deed, **at(parked))

    step = parked.ledger.parked[0].step
    found = desk.stored.ledger.of(step)
    assert (answer.answered, answer.saga) == (Answered.DONE, desk.stored)
    assert (found.standing if found else None, desk.stored.state) == (standing, state)
    assert desk.stored.version == parked.version + 1
    entry = desk.stored.timeline[-1]
    identity = ActKey(target="saga:order_saga:o-1", actor="ops", key="key-1")
    assert (entry.cause, entry.event_id) == (Cause.OPERATED, identity.event_id)
    (act,) = desk.acts
    assert act == Act(
        id=identity,
        verb=str(deed),
        arguments=act.arguments,
        door="iam",
        role="admin",
        at=desk.now,
        reason="seen to",
        result="done",
        version_before=parked.version,
        version_after=parked.version + 1,
    )
    (item,) = desk.aws.dynamodb.scan(TableName="operator")["Items"]
    assert int(item["expires"]["N"]) == desk.now // 1000 + KEPT_SECONDS
    assert desk.told.counts["ActsDone"] == 1
    measures = {name for name in desk.told.counts if name.endswith(f" of order_saga {step}")}
    assert bool(measures) is (standing in {Standing.DONE, Standing.UNDO_ASKED, Standing.ASKED, Standing.GIVEN_UP})


@pytest.mark.parametrize(
    ("saga", "deed", "code"),
    [
        (running(), Deed.RETRY, Refused.NOT_PARKED),
        (stuck(), Deed.SKIP, Refused.PIVOT),
        (stuck(), Deed.UNDO, Refused.UNANSWERED),
        (undo_parked(), Deed.UNDO, Refused.NO_PIVOT),
    ],
)
def test_whoever_is_refused_leaves_nothing_but_a_line_and_a_count(saga: Saga, deed: Deed, code: str) -> None:
    desk = Desk(saga)
    before = desk.everything

    answer = desk.does(deed, **at(saga), reason=SECRET)

    assert (answer.answered, answer.code, answer.saga) == (Answered.REFUSED, code, saga)
    assert desk.everything == before
    assert desk.told.counts == {"ActsRefused": 1}
    ((_, fields),) = desk.told.lines
    assert fields["code"] == code
    assert SECRET not in str(desk.told.lines)


def test_the_step_is_named_where_several_are_parked() -> None:
    saga = undo_parked()
    first, second = (
        replace(entry, standing=Standing.UNDO_PARKED, since=1, due=None) for entry in saga.ledger.entries[:2]
    )
    both = replace(saga, ledger=saga.ledger.with_entry(first).with_entry(second), compensated_steps=())
    desk = Desk(both)

    assert desk.does(Deed.RETRY).code == Refused.NOT_PARKED
    assert desk.does(Deed.RETRY, step="unheard_of").code == Refused.NOT_PARKED
    assert desk.does(Deed.RETRY, step="reserve_credit").answered is Answered.DONE
    assert [entry.step for entry in desk.stored.ledger.parked] == ["reserve_stock"]


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("role", Role)
def test_a_deed_is_for_those_whose_it_is(deed: Deed, role: Role) -> None:
    admins = {Role.ADMIN, Role.BREAK_GLASS}
    mine = admins if deed in {Deed.SKIP, Deed.UNDO} else admins | {Role.OPERATOR}
    if deed is Deed.CANCEL:
        mine = (mine - {Role.BREAK_GLASS}) | {Role.OWNER}  # the source of the operators' events is that way
    desk = Desk(running())
    before = desk.everything
    owner = desk.stored.owner if role is Role.OWNER else None
    answer = desk.does(deed, role=role, version=desk.stored.version, owner=owner)

    assert (answer.answered is Answered.FORBIDDEN) is (role not in mine)
    if role not in mine:
        assert (answer.saga, desk.everything) == (None, before)


def test_what_cannot_be_taken_back_names_the_version_that_it_was_decided_on() -> None:
    assert {deed for deed, demands in DEMANDS.items() if demands.version} == {Deed.RESOLVE, Deed.SKIP, Deed.UNDO}
    for deed, demands in DEMANDS.items():
        desk = Desk(waiting() if deed is Deed.CANCEL else undo_parked())
        assert (desk.does(deed).answered is Answered.VERSION_NEEDED) is demands.version
        assert bool(desk.acts) is not demands.version


@pytest.mark.parametrize("deed", Deed)
def test_who_decided_on_another_version_is_told_what_it_is_now(deed: Deed) -> None:
    desk = Desk(undo_parked())
    before = desk.everything
    answer = desk.does(deed, version=desk.stored.version - 1)

    assert (answer.answered, answer.saga) == (Answered.CHANGED, desk.stored)
    assert desk.everything == before


def test_a_saga_that_began_again_is_another_one_whatever_its_version_says() -> None:
    desk = Desk(undo_parked())
    before = desk.everything
    saga = desk.stored

    answer = desk.does(Deed.RETRY, version=saga.version, created=saga.created_at - 1)

    assert (answer.answered, answer.saga, desk.everything) == (Answered.CHANGED, saga, before)
    assert desk.does(Deed.RETRY, version=saga.version, created=saga.created_at).answered is Answered.DONE


@pytest.mark.parametrize("saga", [running(), undo_parked(), replace(running(), state=SagaState.CREATED)])
def test_a_note_changes_nothing_and_is_seen(saga: Saga) -> None:
    desk = Desk(saga, definitions={})
    answer = desk.does(Deed.NOTE, reason="I have it", role=Role.OPERATOR)

    assert (answer.answered, answer.saga, desk.stored) == (Answered.DONE, saga, saga)
    ((act,),) = (desk.acts,)
    assert (act.verb, act.reason, act.version_before, act.version_after) == (
        "note",
        "I have it",
        saga.version,
        saga.version,
    )
    assert desk.does(Deed.NOTE, reason="I have it", role=Role.OPERATOR).answered is Answered.REPLAYED
    assert desk.does(Deed.NOTE, reason="not I", role=Role.OPERATOR).answered is Answered.KEY_REUSED
    assert len(desk.acts) == 1


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize(
    "fields",
    [{"execution_id": "o-2"}, {"saga_name": "other"}, {"execution_id": "#counter#x#0", "saga_name": "counter"}],
)
def test_nothing_is_known_of_what_is_no_saga(deed: Deed, fields: dict[str, Any]) -> None:
    desk = Desk(stuck())
    desk.aws.dynamodb.put_item(
        TableName="sagas", Item={"execution_id": {"S": "#counter#x#0"}, "saga_name": {"S": "counter"}}
    )
    before = desk.everything

    answer = desk.does(deed, version=1, **fields)

    assert (answer.answered, answer.saga, answer.code) == (Answered.UNKNOWN, None, None)
    assert desk.everything == before


@pytest.mark.parametrize(
    "fields",
    [
        {"key": ""},
        {"key": '"key-1"'},
        {"key": "k" * 129},
        {"key": "k#1"},
        {"key": "k\n"},
        {"actor": ""},
        {"actor": "a b"},
        {"actor": "a#b"},
        {"reason": "r" * 201},
        {"reason": "ä" * 101},
        {"reason": "a\nb"},
        {"reason": "\x1b[2J"},
        {"reason": "\u2028"},
        {"reason": "\ud800"},
        {"reason": "  "},
    ],
)
def test_what_is_out_of_shape_is_refused_without_a_look(fields: dict[str, Any]) -> None:
    desk = Desk(undo_parked())
    before = desk.everything
    answer = desk.does(Deed.NOTE, **fields)

    assert (answer.answered, answer.saga) == (Answered.MALFORMED, None)
    assert desk.everything == before
    assert not any(value and value in str(desk.told.lines) for value in fields.values() if value.strip())


def test_a_reason_of_two_hundred_bytes_fits() -> None:
    assert problem_of(ActKey(target="t", actor="a" * 128, key="k" * 128), "ä" * 100) is None


@given(st.text(max_size=140), st.text(max_size=140), st.text(max_size=140), st.text(max_size=140))
def test_two_acts_never_share_a_key(actor: str, key: str, other_actor: str, other_key: str) -> None:
    one, other = (ActKey(target="t", actor=a, key=k) for a, k in ((actor, key), (other_actor, other_key)))
    if one == other or problem_of(one, "") or problem_of(other, ""):
        return
    assert f"{one.actor}#{one.key}" != f"{other.actor}#{other.key}"
    assert one.event_id != other.event_id


def test_a_saga_that_nobody_can_judge_is_left_alone() -> None:
    saga = stuck()
    desk = Desk(saga, definitions={})
    answer = desk.does(Deed.RESOLVE, **at(saga))
    assert (answer.answered, answer.code) == (Answered.REFUSED, "unknown_definition")

    broken = encode(saga) | {"led": {"S": "no ledger"}}
    desk.aws.dynamodb.put_item(TableName="sagas", Item=broken)
    before = desk.everything
    answer = desk.does(Deed.NOTE)
    assert (answer.answered, answer.code) == (Answered.REFUSED, "corrupt_saga")
    assert desk.everything == before


def test_an_actor_is_verified_unless_he_came_past_the_doors() -> None:
    for door in Door:
        desk = Desk(stuck())
        desk.does(Deed.NOTE, door=door)
        assert desk.acts[0].is_verified is (door is not Door.DIRECT)
    assert asked(Deed.NOTE).act_key.target == "saga:order_saga:o-1"
