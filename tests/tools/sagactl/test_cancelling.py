"""`sagactl cancel`: an operator's word counts though the execution belongs to somebody else."""

import uuid

import pytest

from sagactl.acting.actor import sanitised
from sagactl.errors import NotUsableError
from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator


def test_cancel_ends_somebody_elses_execution(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr("sagactl.commands.cancel.ring", lambda stack: rung.append(stack.stack_name))
    one = f"cancelled-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one))
    operator.is_in(one, "running")
    answer = operator.gets("cancel", one, "--reason", "runs wild", "--as", "olga@example.org")
    assert (answer["sent"], answer["cancelled_by"], answer["state_before"]) == (True, "olga@example.org", "running")
    operator.is_in(one, "cancelled")
    saga = operator.execution_saga(one)
    assert saga["ended_by"] == "olga@example.org"
    assert saga["timeline"][-1]["event_id"] == answer["event_id"]
    assert saga["slot"] is None
    assert rung == ["saga-orchestrator"], "the stack has an API, and this went past it"
    assert [(act["verb"], act["actor"], act["verified"], act["reason"]) for act in saga["acts"]] == [
        ("cancel", "olga@example.org", False, "runs wild")
    ]
    operator.eventually(lambda: operator.client.message(one, "DELETE_POD_COMMAND"))
    again = operator.gets("cancel", one)
    assert (again["sent"], again["state_before"]) == (False, "cancelled")
    assert operator.types("cancel", one).stdout == f"{one} has ended already: cancelled; nothing was sent\n"


def test_cancel_needs_no_reason_and_no_name(operator: Operator) -> None:
    one = f"cancelled-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one))
    operator.is_in(one, "running")
    assert operator.types("cancel", one).exit_code == 0
    operator.is_in(one, "cancelled")


def test_cancel_of_an_execution_nobody_knows_has_to_be_meant(operator: Operator) -> None:
    one = f"unknown-{uuid.uuid4().hex}"
    outcome = operator.types("cancel", one)
    assert outcome.exit_code == 1
    assert outcome.stderr == f"sagactl: no saga for execution {one} in table {operator.ready['table']}\n"
    assert operator.client.state(one) is None
    assert operator.gets("cancel", one, "--even-unknown")["sent"] is True
    operator.is_in(one, "created")
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one))
    operator.is_in(one, "cancelled")


@pytest.mark.parametrize(
    ("actor", "kept"), [("eve\nroot", "eve-root"), ("a..b", "a.b"), ("-x-", "x"), ("ä" + "y" * 200, "y" * 128)]
)
def test_an_actor_is_made_fit_for_events(actor: str, kept: str) -> None:
    assert sanitised(actor) == kept


def test_an_actor_of_nothing_usable_is_refused() -> None:
    with pytest.raises(NotUsableError, match="no usable character"):
        sanitised("###")
