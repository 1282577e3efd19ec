"""A saga is declared in data: what a declaration must keep to, and what the execution saga declares."""

from typing import Any

import pytest

from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Retry
from saga_orchestrator.domain.saga import Saga, TimelineEntry
from saga_testing.samples.sample_request import REQUEST
from sagas import SAGAS
from sagas.execution import EXECUTION_SAGA, create_pod_body, delete_pod_body, refusal


def body(_saga: Saga, _entry: TimelineEntry) -> dict[str, Any]:
    return {}


SPEC = MessageSpec("TYPE", body)


def declare(*steps: Step, name: str = "a_saga", messages: Any = None, again: tuple[str, ...] = ()) -> SagaDefinition:
    return SagaDefinition(name, 1, steps, messages or {}, again)


@pytest.mark.parametrize("name", ["a", "a_saga2", "a" * 64])
def test_names_are_lower_case_letters_digits_and_underscores(name: str) -> None:
    definition = declare(Step(name), name=name, messages={name: SPEC})

    assert definition.step(name) == Step(name)
    assert definition.step(f"{name}x") is None


@pytest.mark.parametrize("name", ["", "A", "1a", "_a", "a-b", "a#1", "a:b", "aB", "a b", "ä", "a" * 65, "a\n"])
def test_other_names_are_refused_wherever_they_stand(name: str) -> None:
    refusal_of_the_name = pytest.raises(ValueError, match="is no lower-case name")

    with refusal_of_the_name:
        declare(name=name)
    with refusal_of_the_name:
        declare(Step(name))
    with refusal_of_the_name:
        declare(messages={name: SPEC})


def test_a_step_is_declared_once() -> None:
    with pytest.raises(ValueError, match=r"saga definition 'a_saga': step 'one' is declared twice$"):
        declare(Step("one"), Step("two"), Step("one"))


@pytest.mark.parametrize(
    "steps", [(Step("one", emits=("lost",)),), (Step("one", undo=Undo(emits=("lost",))),)], ids=["sent", "undone"]
)
def test_what_a_step_sends_must_be_declared(steps: tuple[Step, ...]) -> None:
    with pytest.raises(ValueError, match=r"'a_saga': message 'lost' is not declared$"):
        declare(*steps, messages={"other": SPEC})

    assert declare(*steps, messages={"lost": SPEC}).steps == steps


def test_what_is_repeated_on_a_late_start_must_be_declared() -> None:
    with pytest.raises(ValueError, match="message 'lost' is not declared"):
        declare(again=("lost",))


def test_only_one_step_claims() -> None:
    def claim(_request: Any) -> str:
        return "r"

    assert declare(Step("one", claims=claim), Step("two")).steps[0].claims is claim
    with pytest.raises(ValueError, match="only one step may claim"):
        declare(Step("one", claims=claim), Step("two", claims=claim))


def test_all_that_is_wrong_is_said_at_once_and_in_order() -> None:
    with pytest.raises(ValueError, match=r"'X' is no lower-case name; message 'a' is not declared; message 'b' is not"):
        declare(Step("one", emits=("b", "a")), name="X")


def test_a_definition_promises_nothing_by_itself() -> None:
    assert SagaDefinition("a_saga", 1, ()) == SagaDefinition("a_saga", 1, (), {}, ())
    assert Step("one") == Step("one", check=None, claims=None, emits=(), undo=None, undo_when_failed=False)
    assert Undo() == Undo(emits=(), releases=False)
    assert MessageSpec("TYPE", body) == MessageSpec(
        "TYPE", body, is_command=True, carries_script=False, only_before_start=False
    )


def test_the_execution_saga_validates_takes_a_slot_and_orders_a_pod() -> None:
    validate, allocate, create = EXECUTION_SAGA.steps

    assert validate == Step("validate_execution", check=refusal)
    assert allocate.claims is not None
    assert allocate.claims(REQUEST) == "python"
    assert allocate == Step("allocate_resources", claims=allocate.claims, undo=Undo(releases=True))
    undo = Undo(emits=("delete_pod",), confirmable=True, retry=Retry(attempts=3))
    assert create == Step("create_pod", emits=("create_pod",), undo=undo, undo_when_failed=True)
    assert EXECUTION_SAGA.messages == {
        "create_pod": MessageSpec(
            "CREATE_POD_COMMAND", create_pod_body, is_command=True, carries_script=True, only_before_start=True
        ),
        "delete_pod": MessageSpec(
            "DELETE_POD_COMMAND", delete_pod_body, is_command=True, carries_script=False, only_before_start=False
        ),
    }
    assert (EXECUTION_SAGA.name, EXECUTION_SAGA.version) == ("execution_saga", 1)
    assert EXECUTION_SAGA.undo_again_on_late_start == ("delete_pod",)


def test_the_registry_finds_a_saga_by_its_name() -> None:
    assert SAGAS.named("execution_saga") is EXECUTION_SAGA
    assert SAGAS.named("another") is None
