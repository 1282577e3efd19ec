"""Sagas that move to a newer version while the functions go on: one write on what was judged, and no other bytes."""

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.adapters.operators.act_items import ActTable
from saga_orchestrator.adapters.operators.acting_sagas import ActingSagas
from saga_orchestrator.adapters.patient_writes import PatientWrites
from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.application.versions.migrate_sagas import Became, MigrateSagas, Moved
from saga_orchestrator.domain.errors import CorruptSaga, RetryableError
from saga_orchestrator.domain.operating.acts import Act, ActKey, Door, Role, saga_target
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.versions.moving import Obstacle, Refusal
from saga_testing.faults import Fault
from saga_testing.wire import Wire
from tests.handlers.versions.parcel import FIRST, NEW, OLD, SECOND
from tests.handlers.versions.post import Post

KEYS: Final = itertools.count(1)
NOBODY: Final = "nobody"


def act(parcel: str = "p-1") -> Act:
    identity = ActKey(target=saga_target(FIRST.name, parcel), actor="olga", key=f"k-{next(KEYS)}")
    return Act(id=identity, verb="migrate", arguments="", door=Door.DIRECT, role=Role.OPERATOR, at=0, reason="2 is out")


def mover(post: Post, wire: Wire | None = None, sagas: SagaRegistry = NEW) -> MigrateSagas:
    """Beside the functions, with clients of its own."""
    client = (wire or Wire()).client(post.aws.dynamodb)

    def no_pause(_seconds: float) -> None: ...

    store = DynamoDbSagaStore.on_table(client, "sagas", "deadlines", Policy(), random.Random(1), no_pause)
    acts = ActTable(client, "operator", PatientWrites(client, random.Random(1), no_pause))
    return MigrateSagas(ActingSagas(store, acts), sagas, SECOND, lambda: post.now)


def acts_of(post: Post) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = post.aws.dynamodb.scan(TableName="operator")["Items"]
    return items


def collected(*, relayed: bool = True) -> Post:
    """Begun by the first release; its parcel is being collected."""
    post = Post(OLD)
    post.send("PARCEL_SENT")
    if relayed:
        post.tick(OLD, answers=False)
    else:
        post.deliver(post.waiting.pop())
    return post


def test_a_saga_that_moved_goes_on_with_the_steps_of_the_new_version() -> None:
    post = collected()
    before = post.parcel()

    assert mover(post).move("p-1", act()) == Moved(Became.MOVED, before)

    moved = post.parcel()
    assert (moved.definition_version, moved.definition_hash, moved.settings) == (2, SECOND.fingerprint, (20, 500))
    assert moved.version == before.version + 1
    assert moved.deadline == before.deadline
    assert moved.timeline[-1].event_id.startswith(f"moved:1:{FIRST.fingerprint}:2:")
    (told,) = acts_of(post)
    assert {name: told[name]["S"] for name in ("verb", "actor", "reason", "pk")} == {
        "verb": "migrate",
        "actor": "olga",
        "reason": "2 is out",
        "pk": "act#saga:parcel_saga:p-1",
    }
    assert (told["before"]["N"], told["after"]["N"]) == (str(before.version), str(moved.version))

    post.answer("parcel_saga:p-1:collect_parcel#1")
    for _ in range(4):
        post.tick(NEW)
    assert post.parcel().state == "completed"
    assert post.types_of()[2:] == [
        "TRACKING_OPENED",
        "INSURE_PARCEL_COMMAND",
        "DELIVER_PARCEL_COMMAND",
        "PARCEL_DELIVERED",
        "RECEIPT",
        "SAGA_COMPLETED",
    ]
    assert post.reasons() == []


def test_words_of_the_outbox_that_are_pending_at_the_move_keep_their_bytes() -> None:
    """The relay was down: what the first version said is told after the saga has left it, and again months later."""
    post = collected(relayed=False)
    assert mover(post).move("p-1", act()).became is Became.MOVED
    assert post.published == []
    post.tick(NEW, answers=False)
    first = dict(post.told)
    assert post.types_of() == ["SAGA_STARTED", "COLLECT_PARCEL_COMMAND"]
    assert not any("kindly" in text for text in first.values())

    post.relay_again("p-1")
    post.advance(31)
    post.check()
    post.tick(NEW, answers=False)  # the second attempt is the second version's
    post.relay_again("p-1")

    assert {each: post.told[each] for each in first} == first
    assert "kindly" in post.told["parcel_saga:p-1:collect_parcel#2"]
    post.tell_all_again()


def test_an_undo_after_the_move_is_the_new_versions_and_names_every_attempt() -> None:
    post = collected()
    mover(post).move("p-1", act())
    post.send("PARCEL_RECALLED")
    post.tick(NEW)
    post.tick(NEW)

    undo = post.told["parcel_saga:p-1:return_parcel#1"]
    assert '"its sender"' in undo
    assert '"undoes": ["parcel_saga:p-1:collect_parcel#1"]' in undo
    assert post.parcel().state == "cancelled"


# -- beside functions that write at the same time


def at_the_write(times: int, happens: Callable[[], object]) -> Wire:
    """`happens` after the saga was read and judged, and just before it is written."""
    left = itertools.chain([True] * times, itertools.repeat(False))

    def before(operation: str) -> None:
        if operation == "transact_write_items" and next(left):
            happens()

    return Wire(before_call=before)


def test_a_saga_that_a_function_wrote_meanwhile_is_judged_again_as_it_is_now() -> None:
    post = collected()

    def falls_silent() -> None:
        post.advance(31)
        post.check()

    answer = mover(post, at_the_write(1, falls_silent)).move("p-1", act())

    assert answer.became is Became.MOVED
    moved = post.parcel()
    assert [key for entry in moved.timeline for key in entry.messages][-1] == "collect_parcel#2"
    assert moved.version == 3
    assert len(acts_of(post)) == 1


def test_a_saga_that_went_too_far_meanwhile_stays_and_nothing_is_recorded() -> None:
    post = collected()

    def is_collected() -> None:
        post.answer("parcel_saga:p-1:collect_parcel#1")
        post.tick(OLD, answers=False)

    answer = mover(post, at_the_write(1, is_collected)).move("p-1", act())

    assert (answer.became, answer.refusal) == (Became.REFUSED, Refusal(Obstacle.STEPS, "deliver"))
    assert (post.parcel().definition_version, acts_of(post)) == (1, [])


def test_a_saga_that_ended_or_is_gone_meanwhile_stays_so() -> None:
    post = collected()

    def is_recalled() -> None:
        post.send("PARCEL_RECALLED")
        for _ in range(3):
            post.tick(OLD)

    answer = mover(post, at_the_write(1, is_recalled)).move("p-1", act())
    assert (answer.became, answer.refusal) == (Became.REFUSED, Refusal(Obstacle.ENDED))

    post = collected()
    key = {"execution_id": {"S": "p-1"}, "saga_name": {"S": FIRST.name}}
    gone = at_the_write(1, lambda: post.aws.dynamodb.delete_item(TableName="sagas", Key=key))
    assert mover(post, gone).move("p-1", act()) == Moved(Became.GONE)
    assert mover(post).move(NOBODY, act(NOBODY)) == Moved(Became.GONE)
    assert acts_of(post) == []


def test_a_saga_that_is_written_all_the_time_is_left_for_later() -> None:
    post = collected()

    def asks_again() -> None:
        item = post.aws.dynamodb.get_item(
            TableName="sagas", Key={"execution_id": {"S": "p-1"}, "saga_name": {"S": FIRST.name}}
        )["Item"]
        version = {"N": str(int(item["version"]["N"]) + 1)}
        post.aws.dynamodb.put_item(TableName="sagas", Item={**item, "version": version})

    answer = mover(post, at_the_write(99, asks_again)).move("p-1", act())

    assert answer.became is Became.BUSY
    assert post.parcel().definition_version == 1


def test_a_function_that_decided_before_the_move_decides_again_under_the_new_version() -> None:
    """It lost the race to the move: what it does then is the new version's."""
    post = collected()
    post.register(NEW)
    original = post.wire.before_call
    moves = iter([True])

    def before(operation: str) -> None:
        if operation == "update_item" and next(moves, False):
            assert mover(post).move("p-1", act()).became is Became.MOVED

    post.wire.before_call = before
    post.answer("parcel_saga:p-1:collect_parcel#1")
    post.tick(NEW, answers=False)
    post.wire.before_call = original

    assert "INSURE_PARCEL_COMMAND" in post.types_of()
    assert post.parcel().definition_version == 2


# -- answers of AWS


def test_a_write_that_came_through_and_whose_answer_was_lost_is_one_move() -> None:
    post = collected()
    with pytest.raises(RetryableError):
        mover(post, Wire(plan={1: Fault.REPLY_LOST})).move("p-1", act())

    again = mover(post).move("p-1", act())

    assert (again.became, again.refusal) == (Became.REFUSED, Refusal(Obstacle.NOT_OLDER))
    assert [entry.event_id[:6] for entry in post.parcel().timeline].count("moved:") == 1


def test_an_act_that_stands_already_says_that_the_move_was_made() -> None:
    """The SDK sent it a second time by itself."""
    post, once = collected(), act()
    mover(post).move("p-1", once)
    moved = post.parcel()
    back = replace(moved, definition_version=1, definition_hash=FIRST.fingerprint, settings=(20,))
    post.at.store.replace(moved, replace(back, version=moved.version), None, None)

    assert mover(post).move("p-1", once).became is Became.MOVED
    assert len(acts_of(post)) == 1


def test_what_cannot_be_read_or_may_not_be_written_is_told() -> None:
    post = collected()
    item = {"execution_id": {"S": "p-9"}, "saga_name": {"S": FIRST.name}, "state": {"S": "hovering"}}
    post.aws.dynamodb.put_item(TableName="sagas", Item=item)
    with pytest.raises(CorruptSaga):
        mover(post).move("p-9", act("p-9"))

    def denied(_operation: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetItem")

    with pytest.raises(RetryableError):
        mover(post, Wire(before_call=denied)).move("p-1", act())


def test_no_saga_is_moved_away_from_a_version_that_the_code_does_not_have() -> None:
    post = collected()

    answer = mover(post, sagas=SagaRegistry((SECOND,))).move("p-1", act())

    assert answer.refusal == Refusal(Obstacle.VERSION_GONE)


# -- and back again


def test_after_a_rollback_a_moved_saga_waits_for_newer_code_and_nothing_is_set_aside() -> None:
    post = collected()
    mover(post).move("p-1", act())
    moved = post.parcel()
    post.answer("parcel_saga:p-1:collect_parcel#1")

    for _ in range(3):
        post.tick(OLD)

    assert post.parcel() == moved
    assert (len(post.waiting), post.reasons()) == (1, [])
    for _ in range(5):
        post.tick(NEW)
    assert post.parcel().state == "completed"
    post.tell_all_again()
