"""`sagactl diff`: what code that is not yet deployed would make of the sagas that run."""

from dataclasses import replace

import pytest

from saga_orchestrator.domain.flow.ledger import Entry, Ledger, Standing
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.parked_orders import reserved_order
from saga_testing.samples.sample_events import NOW_MS
from sagas.order import ORDER
from tests.tools.sagactl.two_releases import LONGER, Desk, known


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(monkeypatch)
    desk.put_beside()
    return desk


def test_code_that_has_every_version_goes_on_with_every_saga(desk: Desk) -> None:
    desk.put(reserved_order())
    desk.runs("diff", known(LONGER, ORDER))

    told = desk.gets("diff")

    assert told == {"stack": "shop", "judged": 1, "concerned": 0, "found": [], "unreadable": []}
    assert desk.types("diff").stdout == "this code goes on with every one of 1 saga of shop\n"


def test_sagas_that_would_not_go_on_are_named_by_what_they_have_in_common(desk: Desk) -> None:
    for number in range(5):
        desk.put(reserved_order(), f"o-{number}")
    desk.put(replace(reserved_order(), ledger=Ledger((Entry("reserve_credit", Standing.ASKED, 1, 2),))), "o-9")
    desk.put(replace(reserved_order(), definition_version=3), "o-newer")
    desk.runs("diff", known(LONGER))
    before = desk.aws.dynamodb.scan(TableName="sagas")["Items"]

    told = desk.gets("diff", exit_code=1)

    assert (told["judged"], told["concerned"]) == (7, 7)
    assert [(each["step"], each["count"], each["fate"], each["reason"]) for each in told["found"]] == [
        ("reserve_credit", 1, "set_aside", "unknown_definition"),
        ("ship", 5, "set_aside", "unknown_definition"),
        ("ship", 1, "retried", "newer_version"),
    ]
    assert {(each["saga_name"], each["state"]) for each in told["found"]} == {("order_saga", "running")}
    assert [each["version"] for each in told["found"]] == [1, 1, 3]
    assert len(told["found"][1]["execution_ids"]) == 3
    assert desk.aws.dynamodb.scan(TableName="sagas")["Items"] == before

    page = desk.types("diff")
    assert page.exit_code == 1
    assert "7 of 7 sagas of shop" in page.stdout
    assert "be set aside" in page.stdout
    assert "o-newer" in page.stdout
    assert page.stderr == "sagactl: this code would not go on with 7 of 7 sagas of shop: keep their versions in it\n"


def test_stubs_and_ended_sagas_are_judged_too(desk: Desk) -> None:
    early = EarlyEvent(1, Cause.REPORTED, "e-1", actor="boss", event_type="ORDER_APPROVED")
    desk.put(Saga("o-1", ORDER.name, 1, SagaState.CREATED, 1, 1, "c", early=(early,)), "o-stub")
    over = replace(reserved_order(), state=SagaState.FAILED)
    silent = Ledger((Entry("reserve_credit", Standing.UNDONE, 2, 0b10, 1),))
    desk.put(replace(over, ledger=silent), "o-silent")
    desk.put(replace(over, ledger=Ledger()), "o-over")
    desk.runs("diff", known(replace(LONGER, steps=(LONGER.steps[0], LONGER.steps[1], LONGER.steps[3]))))

    told = desk.gets("diff", exit_code=1)

    assert [(each["state"], each["fate"], each["step"], each["execution_ids"]) for each in told["found"]] == [
        ("created", "forgets", None, ["o-stub"]),
        ("ended", "set_aside", "reserve_credit", ["o-silent"]),
    ]


def test_a_version_is_needed_until_its_last_words_are_published(desk: Desk) -> None:
    desk.put(replace(reserved_order(), state=SagaState.COMPLETED, ledger=Ledger()))
    desk.runs("diff", known(LONGER))
    assert desk.gets("diff")["found"] == []

    desk.now = NOW_MS
    (found,) = desk.gets("diff", exit_code=1)["found"]

    assert (found["state"], found["fate"], found["reason"]) == ("ended", "set_aside", "may_be_unsent")


def test_an_item_that_cannot_be_read_is_named_and_hides_no_other(desk: Desk) -> None:
    desk.put_unreadable("o-0")
    desk.put(reserved_order())
    desk.runs("diff", known(ORDER))

    outcome = desk.types("diff")

    assert (outcome.exit_code, outcome.stdout) == (0, "this code goes on with every one of 1 saga of shop\n")
    assert "sagactl: o-0 was passed over: " in outcome.stderr
    assert [each["execution_id"] for each in desk.gets("diff")["unreadable"]] == ["o-0"]
