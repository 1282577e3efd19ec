"""`sagactl migrate`: what is typed, what is shown and asked before, and what is told of those that stay."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from saga_orchestrator.domain.flow.terms import Command
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.parked_orders import reserved_order
from sagas.order import ORDER
from tests.tools.sagactl.two_releases import LONGER, Desk, known

CODE = known(LONGER, ORDER)
MOVE = ("migrate", "order_saga", "--yes", "--as", "olga", "--reason", "2 is out")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(monkeypatch)
    desk.put_beside()
    desk.runs("migrate", CODE)
    return desk


def without_data(saga: Saga) -> Saga:
    """Its reservation was lost: it cannot move."""
    return replace(saga, data={})


def test_sagas_are_moved_and_the_record_says_who_and_why(desk: Desk) -> None:
    before = [desk.put(reserved_order(), f"o-{number}") for number in range(3)]

    told = desk.gets(*MOVE)

    assert told == {
        "saga_name": "order_saga",
        "version": 2,
        "moved": ["o-0", "o-1", "o-2"],
        "left": [],
        "unreadable": [],
    }
    for saga in before:
        moved = desk.saga(saga.execution_id)
        assert (moved.definition_version, moved.definition_hash) == (2, LONGER.fingerprint)
        assert moved.settings == (*saga.settings, 7)
    acts = [(act["target"]["S"], act["actor"]["S"], act["reason"]["S"]) for act in desk.acts]
    assert sorted(acts) == [(f"saga:order_saga:o-{number}", "olga", "2 is out") for number in range(3)]

    again = desk.types(*MOVE)
    assert (again.exit_code, again.stdout) == (0, "0 sagas of order_saga moved to version 2, 0 left\n")
    assert len(desk.acts) == 3


def test_the_count_and_what_will_stay_are_shown_before_it_is_asked(desk: Desk) -> None:
    desk.put(reserved_order())
    desk.put(without_data(reserved_order()), "o-2")

    no = desk.types(*[word for word in MOVE if word != "--yes"], answer="n\n")
    assert no.exit_code == 2
    assert (desk.saga().definition_version, desk.acts) == (1, [])
    assert no.stderr.splitlines()[:2] == [
        "sagactl: o-2 will not move: data_differs: reserve_stock.reservation",
        "sagactl: no saga of this stack has begun under version 2 yet: is it deployed?",
    ]
    assert "Move 1 saga of order_saga to version 2, leaving 1, on stack shop (here)?" in no.stderr

    nobody = desk.types(*[word for word in MOVE if word != "--yes"], answer="")
    assert nobody.exit_code == 2
    assert "nothing was done. --yes agrees" in nobody.stderr


def test_those_that_cannot_move_are_named_and_the_others_are_moved(desk: Desk) -> None:
    desk.put(reserved_order())
    desk.put(without_data(reserved_order()), "o-2")
    desk.put(replace(reserved_order(), state=SagaState.FAILED), "o-over")

    told = desk.gets(*MOVE, exit_code=1)

    assert told["moved"] == ["o-1"]
    assert told["left"] == [
        {
            "execution_id": "o-2",
            "version": 1,
            "step": "ship",
            "outcome": "refused",
            "because": "data_differs: reserve_stock.reservation",
        }
    ]
    page = desk.types(*MOVE)
    assert page.exit_code == 1
    assert "0 sagas of order_saga moved to version 2, 1 left" in page.stdout
    assert page.stderr == "sagactl: 1 saga of order_saga not moved to version 2\n"


def test_one_saga_is_moved_by_its_key(desk: Desk) -> None:
    for key in ("o-1", "o-2", "o-3"):
        desk.put(reserved_order(), key)

    assert desk.gets(*MOVE, "--saga", "o-2", "--saga", "o-3", "--saga", "o-2")["moved"] == ["o-2", "o-3"]
    assert desk.saga().definition_version == 1
    again = desk.gets(*MOVE, "--saga", "o-2")
    assert [(each["outcome"], each["version"]) for each in again["left"]] == [("already", 2)]


@pytest.mark.parametrize(
    ("key", "outcome", "because"),
    [
        ("o-nobody", "gone", "there is no such saga"),
        ("o-over", "ended", "ended"),
        ("o-odd", "unreadable", "stored saga cannot be read: "),
        ("o-stub", "refused", "not_begun"),
    ],
)
def test_a_saga_that_was_asked_for_and_stays_is_told(desk: Desk, key: str, outcome: str, because: str) -> None:
    desk.put(replace(reserved_order(), state=SagaState.FAILED), "o-over")
    desk.put(Saga("o-stub", ORDER.name, 1, SagaState.CREATED, 1, 1, "c"), "o-stub")
    desk.put_unreadable("o-odd")
    desk.put(reserved_order())

    told = desk.gets(*MOVE, "--saga", key, "--saga", "o-1", exit_code=1)

    assert told["moved"] == ["o-1"]
    (left,) = told["left"]
    assert (left["execution_id"], left["outcome"]) == (key, outcome)
    assert left["because"].startswith(because)


def test_an_item_that_cannot_be_read_is_named_and_keeps_no_other(desk: Desk) -> None:
    desk.put_unreadable("o-0")
    desk.put(reserved_order())

    outcome = desk.types(*MOVE)

    assert outcome.exit_code == 0
    assert "sagactl: o-0 was passed over: " in outcome.stderr
    assert desk.saga().definition_version == 2


# -- what is refused before anything is looked at


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("migrate", "no_saga"), "this code has no saga no_saga; it has: execution_saga, order_saga"),
        (("migrate", "execution_saga"), "execution_saga is an execution's: "),
        (("migrate", "order_saga", "--to", "3"), "this code has no version 3 of order_saga; it has: 1, 2"),
        (("migrate", "order_saga", "--saga", "a b"), "a saga's key has 1 to 64 letters, digits, '_' and '-'"),
        (("migrate", "order_saga", "--saga", "#counter#x#0"), "a saga's key has "),
        (("migrate", "order_saga", "--reason", "x" * 201), "a reason has at most 200 bytes"),
    ],
)
def test_what_makes_no_sense_is_one_line(desk: Desk, words: tuple[str, ...], line: str) -> None:
    desk.put(reserved_order())
    outcome = desk.types(*words)

    assert (outcome.exit_code, outcome.stdout) == (2, "")
    (said,) = outcome.stderr.splitlines()
    assert said.startswith(f"sagactl: {line}")


def test_another_version_than_the_newest_may_be_named(desk: Desk) -> None:
    third = replace(LONGER, version=3)
    desk.runs("migrate", known(third, LONGER, ORDER))
    desk.put(reserved_order())
    desk.put(replace(reserved_order(), definition_version=3, definition_hash=third.fingerprint), "o-third")

    assert desk.gets(*MOVE, "--to", "2")["moved"] == ["o-1"]
    assert desk.gets(*MOVE)["moved"] == ["o-1"]
    assert (desk.saga().definition_version, desk.saga("o-third").version) == (3, reserved_order().version)


def test_code_whose_version_is_another_than_the_deployed_one_moves_nothing(desk: Desk) -> None:
    """A checkout that is not what is deployed would leave its sagas to be set aside as edited."""
    desk.put(reserved_order())
    deployed = replace(LONGER, messages={**LONGER.messages, "release_stock": Command("FREE_STOCK_COMMAND")})
    desk.put(replace(reserved_order(), definition_version=2, definition_hash=deployed.fingerprint), "o-2")

    outcome = desk.types(*MOVE)

    assert outcome.exit_code == 2
    assert "version 2 of order_saga is another one here than o-2 began under" in outcome.stderr
    assert (desk.saga().definition_version, desk.acts) == (1, [])


# -- answers of AWS


def failing(at: str, error: Exception, after: int = 0) -> Callable[[str], None]:
    left = iter(range(10**6))

    def before(operation: str) -> None:
        if operation == at and next(left) >= after:
            raise error

    return before


DENIED: Any = {"Error": {"Code": "AccessDeniedException", "Message": "not you"}}


def test_what_aws_refuses_ends_it_and_says_how_far_it_came(desk: Desk) -> None:
    for key in ("o-1", "o-2"):
        desk.put(reserved_order(), key)
    denied = ClientError(DENIED, "TransactWriteItems")
    desk.wire.before_call = failing("transact_write_items", denied)
    first = desk.types(*MOVE)
    desk.wire.before_call = failing("transact_write_items", denied, after=1)
    second = desk.types(*MOVE)
    desk.wire.before_call = lambda _operation: None

    assert (first.exit_code, second.exit_code) == (2, 1)
    assert first.stderr.splitlines()[-1] == "sagactl: TransactWriteItems was refused: AccessDeniedException: not you"
    assert second.stderr.splitlines()[-1].startswith("sagactl: 1 saga moved, then TransactWriteItems was refused: ")
    assert desk.gets(*MOVE)["moved"] == ["o-2"]


def test_a_saga_that_meets_a_bug_is_named_and_keeps_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("o-1", "o-2"):
        desk.put(reserved_order(), key)
    calls = iter(range(10))
    original = desk.aws.dynamodb.transact_write_items

    def write(**arguments: Any) -> Any:
        if next(calls) == 0:
            raise ZeroDivisionError
        return original(**arguments)

    monkeypatch.setattr(desk.aws.dynamodb, "transact_write_items", write)

    told = desk.gets(*MOVE, exit_code=1)

    assert told["moved"] == ["o-2"]
    assert [(each["execution_id"], each["outcome"]) for each in told["left"]] == [("o-1", "failed")]
