"""The core's values: frozen, with the defaults and the stored and published codes that others rely on."""

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import MappingProxyType
from typing import Protocol
from zlib import crc32

import pytest

import saga_orchestrator.application
import saga_orchestrator.domain
from saga_orchestrator.application.check_timeouts import Sweep
from saga_orchestrator.domain.counters import shard_limits
from saga_orchestrator.domain.events import EventType, Script
from saga_orchestrator.domain.executions.endings import Ending, authorise
from saga_orchestrator.domain.flow.ledger import Ledger
from saga_orchestrator.domain.policy import Limit, Policy, Without
from saga_orchestrator.domain.saga import Cause, EarlyEvent, Saga, TimelineEntry, deadline_shard, saga_id
from saga_orchestrator.domain.states import TRANSITIONS, SagaState
from tests.unit.samples import NOW, after, cancelled, completed, failed, requested, started, timed_out


def values() -> Iterator[type]:
    for package in (saga_orchestrator.domain, saga_orchestrator.application):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            members = vars(importlib.import_module(module.name)).values()
            yield from (member for member in members if inspect.isclass(member) and member.__module__ == module.name)


DATACLASSES = [each for each in values() if dataclasses.is_dataclass(each)]


@pytest.mark.parametrize("value", DATACLASSES, ids=lambda each: each.__name__)
def test_every_value_is_frozen_and_takes_no_further_attributes(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]  # dataclasses has no public name for it
    # A saga is copied at each step of a decision, which costs a sixteenth where its fields are a dictionary.
    assert "__slots__" in vars(value) or value is Saga


def test_plain_classes_are_few() -> None:
    """So that a value that loses its decorator is missed above."""
    plain = {
        each.__name__
        for each in values()
        if not dataclasses.is_dataclass(each)
        and not issubclass(each, str | Exception)
        and Protocol not in each.__bases__
    }

    assert plain == {"Secret", "MergedPlaces"}  # the second one is no value: it reads on as it goes


@pytest.mark.parametrize("event", [requested(), started(), completed(), failed(), timed_out(), cancelled()])
def test_the_fields_of_events_are_given_by_name(event: object) -> None:
    assert all(field.kw_only for field in dataclasses.fields(event))  # type: ignore[arg-type]  # all are dataclasses


def test_a_saga_having_something_else_is_another_saga() -> None:
    saga = after(requested())

    other = saga.having(version=7, reason="late")

    assert other == dataclasses.replace(saga, version=7, reason="late")
    assert (saga.version, saga.reason) == (1, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        other.version = 8  # type: ignore[misc]  # this is what is tried


def test_a_saga_has_no_field_that_it_has_not() -> None:
    with pytest.raises(TypeError, match="a saga has no age, verison"):
        after(requested()).having(verison=2, age=1)


def test_a_saga_is_made_of_its_fields_as_the_class_makes_it() -> None:
    least = {
        "execution_id": "ex-1",
        "saga_name": "one",
        "definition_version": 1,
        "state": SagaState.RUNNING,
        "version": 1,
        "created_at": NOW,
        "correlation_id": "c",
    }

    assert Saga.made(**least, owner="alice") == Saga(**least, owner="alice")  # type: ignore[arg-type]  # of several types
    assert vars(Saga.made(**least)).keys() == {field.name for field in dataclasses.fields(Saga)}
    for name in least:
        wanting = {each: value for each, value in least.items() if each != name}
        with pytest.raises(TypeError, match=name):
            Saga.made(**wanting)
        with pytest.raises(TypeError, match=f"age, {name}"):
            Saga.made(**wanting, age=1)
    with pytest.raises(TypeError, match="age"):
        Saga.made(**least, age=1)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (requested(), EventType.REQUESTED),
        (started(), EventType.STARTED),
        (completed(), EventType.COMPLETED),
        (failed(), EventType.FAILED),
        (timed_out(), EventType.TIMEOUT),
        (cancelled(), EventType.CANCELLED),
    ],
)
def test_every_event_knows_its_type(event: object, kind: EventType) -> None:
    assert event.type is kind  # type: ignore[attr-defined]  # all events have one


def test_the_table_of_transitions() -> None:
    legal = {(str(here), str(there)) for here, targets in TRANSITIONS.items() for there in targets}

    assert legal == {
        ("created", "running"),
        ("created", "compensating"),
        ("created", "completed"),
        ("running", "completed"),
        ("running", "compensating"),
        ("compensating", "failed"),
        ("compensating", "timeout"),
        ("compensating", "cancelled"),
    }
    assert {str(state) for state in SagaState if state.is_terminal} == {"completed", "failed", "timeout", "cancelled"}


def test_the_policy_without_any_choice() -> None:
    assert Policy() == Policy(
        start_deadline_seconds=300,
        run_grace_seconds=180,
        request_max_age_seconds=24 * 3600,
        max_timeout_seconds=300,
        retention_seconds=30 * 24 * 3600,
        default_language_limit=100,
        language_limits={},
        allowed_languages=frozenset(),
        allowed_images=frozenset(),
        admin_users=frozenset(),
        counter_shards=8,
        deadline_shards=8,
        publish_commands=True,
        inline_script_max_bytes=0,
        payload_bucket="",
    )
    assert isinstance(Policy().language_limits, MappingProxyType)


def test_a_language_has_its_own_limit_or_the_default() -> None:
    limits: dict[str, Limit] = {"python": 2, "ruby": Without.UNLIMITED, "lua": Without.CLOSED}
    policy = Policy(default_language_limit=7, language_limits=limits)

    assert [policy.limit_of(language) for language in ("python", "ruby", "lua", "go")] == [2, "unlimited", "closed", 7]
    assert Policy(default_language_limit=0).limit_of("go") is Without.UNLIMITED


def test_a_stub_outlives_the_oldest_request_by_a_day() -> None:
    assert Policy(request_max_age_seconds=5).stub_lifetime_seconds == 5 + 24 * 3600


@pytest.mark.parametrize(
    ("limit", "shards", "split"),
    [(0, 2, (0, 0)), (1, 3, (1, 0, 0)), (5, 3, (2, 2, 1)), (6, 3, (2, 2, 2)), (7, 1, (7,))],
)
def test_a_limit_is_split_evenly_over_its_shards(limit: int, shards: int, split: tuple[int, ...]) -> None:
    assert shard_limits(limit, shards) == split


@pytest.mark.parametrize("shards", [1, 3, 8])
def test_the_deadline_shard_is_a_checksum_of_the_execution(shards: int) -> None:
    assert deadline_shard("ex-1", shards) == crc32(b"ex-1") % shards


def test_an_execution_id_that_no_event_can_have_gets_no_shard() -> None:
    with pytest.raises(UnicodeEncodeError):
        deadline_shard("\u00e4", 8)


def test_optional_fields_are_absent_until_somebody_says_so() -> None:
    saga = Saga("ex-1", "s", 1, SagaState.CREATED, 1, NOW, "c")

    absent = {field.name: getattr(saga, field.name) for field in dataclasses.fields(Saga)[7:]}

    assert absent == {
        "owner": None,
        "request": None,
        "request_hash": b"",
        "script_bucket": "",
        "inline_script": False,
        "create_before": None,
        "completed_steps": (),
        "compensated_steps": (),
        "claim": None,
        "deadline": None,
        "deadline_shard": None,
        "reason": None,
        "exit_code": None,
        "error_type": None,
        "ended_by": None,
        "ended_at": None,
        "expires": None,
        "timeline": (),
        "early": (),
        "faults": (),
        "traceparent": b"",
        "shadow": False,
        "pod_name": None,
        "node_name": None,
        "outbox": (),
        "wake": None,
        "input": None,
        "settings": (),
        "ledger": Ledger(),
        "data": {},
        "outcome": None,
        "failed_step": None,
        "errors": (),
        "saga_due": None,
        "definition_hash": None,
    }
    assert TimelineEntry(NOW, Cause.STARTED, "s1").messages == ()
    assert EarlyEvent(NOW, Cause.STARTED, "s1") == EarlyEvent(NOW, Cause.STARTED, "s1", None, False, None, None)
    assert Ending(SagaState.FAILED, "r") == Ending(SagaState.FAILED, "r", None, None, None, None)
    assert Script(1, b"") == Script(1, b"", bucket=None, key=None)
    assert requested().script_content is None
    assert Sweep() == Sweep(due=0, timed_out=0, oldest_due_ms=0, unfinished=False)


def test_a_saga_is_named_by_definition_and_execution() -> None:
    assert saga_id("a_saga", "ex-1") == "a_saga:ex-1"
    assert after(requested()).saga_id == "execution_saga:ex-1"


def test_a_saga_has_seen_what_it_applied_and_what_it_remembers() -> None:
    applied, remembered = after(requested(), started("s1")), after(started("s1"))

    for saga in (applied, remembered):
        assert saga.has_seen(Cause.STARTED, "s1")
        assert not saga.has_seen(Cause.STARTED, "s2")
        assert not saga.has_seen(Cause.COMPLETED, "s1")
    assert (applied.has_started, remembered.has_started, after(requested()).has_started) == (True, False, False)
    assert (applied.is_stub, remembered.is_stub) == (False, True)


@pytest.mark.parametrize(
    ("actor", "owner", "allowed"),
    [
        ("alice", "alice", True),
        ("bob", "alice", False),
        ("root", "alice", True),
        (None, None, False),
        ("root", None, True),
    ],
)
def test_the_owner_and_admins_may_cancel(actor: str | None, owner: str | None, allowed: bool) -> None:
    assert authorise(actor, owner, Policy(admin_users=frozenset({"root"}))) is allowed


def test_nobody_is_no_admin_whatever_the_list_says() -> None:
    assert not authorise(None, None, Policy(admin_users=frozenset({None})))  # type: ignore[arg-type]  # on purpose


def test_equal_sagas_have_one_hash_and_what_a_step_told_still_tells_two_apart() -> None:
    saga = Saga("ex-1", "execution_saga", 1, SagaState.RUNNING, 1, 0, "c")
    told = dataclasses.replace(saga, data={"reserve": {"id": "r-1"}})
    assert {saga, dataclasses.replace(saga), told, dataclasses.replace(told)} == {saga, told}
    assert saga != told
