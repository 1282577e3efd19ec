"""Order and repetition of commands, without a process: each rule of the contract about what wins."""

from datetime import UTC, datetime, timedelta

from local_worker.commands import CreatePodCommand, DeletePodCommand
from local_worker.ledger import Ledger, PodState, Verdict, pod_name
from tests.tools.worker.samples import create_command, delete_command, rfc3339

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
START_DEADLINE = timedelta(minutes=5)


def ledger() -> Ledger:
    return Ledger(remember_deletes_for=START_DEADLINE)


def create(execution_id: str = "ex-1", occurrence: int = 1) -> CreatePodCommand:
    return CreatePodCommand.model_validate(
        create_command(
            execution_id,
            message_id=f"execution_saga:{execution_id}:create_pod#{occurrence}",
            timestamp=rfc3339(NOW),
            expires_at=rfc3339(NOW + START_DEADLINE),
        )
    )


def delete(execution_id: str = "ex-1", occurrence: int = 1) -> DeletePodCommand:
    return DeletePodCommand.model_validate(delete_command(execution_id, occurrence, timestamp=rfc3339(NOW)))


def test_the_same_message_creates_one_pod_however_often_it_comes() -> None:
    book = ledger()

    assert [book.create(create(), NOW) for _ in range(3)] == [Verdict.CREATED, Verdict.DUPLICATE, Verdict.DUPLICATE]


def test_another_message_for_the_same_execution_finds_the_pods_name_taken() -> None:
    book = ledger()
    book.create(create(), NOW)

    assert book.create(create(occurrence=2), NOW) is Verdict.POD_EXISTS


def test_a_delete_that_comes_before_its_create_wins() -> None:
    book = ledger()

    assert book.delete(delete(), NOW) is Verdict.NOTHING_TO_DELETE
    assert book.create(create(), NOW) is Verdict.REFUSED_DELETED
    assert book.pods == {}


def test_a_delete_is_remembered_until_its_create_has_expired() -> None:
    book = ledger()
    book.delete(delete(), NOW)
    command = create()

    moments = [NOW + timedelta(seconds=second) for second in (0, 299, 300, 301, 100_000)]

    assert all(book.create(command, moment) is not Verdict.CREATED for moment in moments)


def test_deletes_are_not_remembered_for_ever() -> None:
    book = ledger()
    book.delete(delete(), NOW)

    book.create(create("ex-2"), NOW + timedelta(minutes=10))

    assert book._tombstones == {}
    assert book._messages == {}


def test_a_create_is_refused_from_the_instant_it_expires() -> None:
    book = ledger()

    assert book.create(create("in-time"), NOW + START_DEADLINE - timedelta(milliseconds=1)) is Verdict.CREATED
    assert book.create(create("late"), NOW + START_DEADLINE) is Verdict.REFUSED_EXPIRED


def test_a_pod_that_waited_for_room_until_it_expired_does_not_start_and_can_still_be_deleted() -> None:
    book = ledger()
    book.create(create(), NOW)

    assert book.start("ex-1", NOW + START_DEADLINE) is None
    assert book.delete(delete(), NOW + START_DEADLINE) is Verdict.DELETED


def test_deleting_a_running_pod_takes_it_once() -> None:
    book = ledger()
    book.create(create(), NOW)
    book.start("ex-1", NOW)

    assert book.delete(delete(), NOW) is Verdict.DELETED
    assert book.delete(delete(), NOW) is Verdict.DUPLICATE
    assert book.delete(delete(occurrence=2), NOW) is Verdict.NOTHING_TO_DELETE
    assert book.finish("ex-1") is False


def test_a_finished_pod_has_nothing_to_delete() -> None:
    book = ledger()
    book.create(create(), NOW)
    book.start("ex-1", NOW)

    assert book.finish("ex-1") is True
    assert book.delete(delete(), NOW) is Verdict.NOTHING_TO_DELETE
    assert book.pods["ex-1"].state is PodState.FINISHED


def test_a_pods_name_derives_from_the_execution_and_is_a_valid_kubernetes_name() -> None:
    names = {pod_name(execution_id) for execution_id in ("ex-1", "EX-1", "ex_1", "x" * 64)}

    assert len(names) == 4
    assert pod_name("ex-1") == pod_name("ex-1")
    assert all(len(name) <= 63 and name == name.lower() and name.replace("-", "").isalnum() for name in names)
