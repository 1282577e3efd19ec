"""CloudEvents: what attributes say and data lacks is taken from them, and what they contradict is rejected."""

import pytest

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.envelopes.opening import from_detail, from_record
from saga_orchestrator.entrypoints.event_function import terms_of
from saga_testing.moto_world import World
from saga_testing.samples.enveloped import as_headers, batch, cloudevent, record
from saga_testing.samples.sample_events import event
from tests.handlers.cloudevent_modes import (
    Mode,
    binary_detail,
    binary_record,
    modes,
    rejections,
    run,
    structured_detail,
    structured_record,
    unmarked_record,
)


@modes
def test_a_saga_is_started_and_ended_by_what_attributes_say(world: World, mode: Mode) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED", event_id="ce-1"))))
    run(world, "EXECUTION_STARTED", mode(cloudevent(event("EXECUTION_STARTED"), type="execution_started")))
    run(world, "EXECUTION_COMPLETED", mode(cloudevent(event("EXECUTION_COMPLETED"))))

    saga = world.saga("ex-1")
    assert saga is not None
    assert (saga.state, saga.owner, saga.exit_code) == ("completed", "alice", 0)
    assert saga.timeline[0].event_id == "ce-1"
    assert world.rejected() == []


@modes
def test_a_delivery_of_the_same_id_is_a_duplicate(world: World, mode: Mode) -> None:
    requested = mode(cloudevent(event("EXECUTION_REQUESTED")))

    run(world, "EXECUTION_REQUESTED", requested)
    run(world, "EXECUTION_REQUESTED", requested)

    saga = world.saga("ex-1")
    assert saga is not None
    assert (len(saga.timeline), world.slots(), world.rejected()) == (1, 1, [])


@modes
def test_fields_that_data_repeats_may_be_said_twice(world: World, mode: Mode) -> None:
    whole = event("EXECUTION_REQUESTED")
    other_offset = whole["timestamp"].replace("+00:00", "Z")

    run(world, "EXECUTION_REQUESTED", mode(cloudevent(whole, data=whole, time=other_offset)))

    assert (world.slots(), world.rejected()) == (1, [])


@modes
@pytest.mark.parametrize(
    ("attribute", "value", "field"),
    [
        ("id", "another", "event_id"),
        ("type", "EXECUTION_STARTED", "event_type"),
        ("subject", "ex-2", "execution_id"),
        ("time", "2020-01-01T00:00:00Z", "timestamp"),
    ],
)
def test_an_attribute_that_says_something_else_than_data_is_rejected(
    world: World, mode: Mode, attribute: str, value: str, field: str
) -> None:
    whole = event("EXECUTION_REQUESTED")

    run(world, "EXECUTION_REQUESTED", mode(cloudevent(whole, data=whole, **{attribute: value})))

    assert rejections(world) == [
        ("cloudevent_contradiction", f"attribute {attribute} and data's {field} say different things")
    ]
    assert world.items() == []


@modes
def test_the_time_of_what_begins_nothing_contradicts_nothing(world: World, mode: Mode) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"))))
    whole = event("EXECUTION_COMPLETED")

    run(world, "EXECUTION_COMPLETED", mode(cloudevent(whole, data=whole, time="2020-01-01T00:00:00Z")))

    saga = world.saga("ex-1")
    assert saga is not None
    assert (saga.state, world.slots(), world.rejected()) == ("completed", 0, [])


@pytest.mark.parametrize("value", [7, 1.5, True, [], {}, "", "yesterday", "\ud800"])
@pytest.mark.parametrize("attribute", ["time", "source"])
@pytest.mark.parametrize("mode", [structured_record, structured_detail, binary_detail])
def test_an_attribute_that_decides_nothing_costs_no_event(
    world: World, mode: Mode, attribute: str, value: object
) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"), **{attribute: value})))
    run(world, "EXECUTION_COMPLETED", mode(cloudevent(event("EXECUTION_COMPLETED"), **{attribute: value})))

    saga = world.saga("ex-1")
    assert saga is not None
    assert world.rejected() == []
    if attribute == "time":  # without it nobody can say how old the request is, and its owner is told so
        assert (saga.state, saga.faults[0].partition(":")[0]) == ("failed", "timestamp")
    else:
        assert saga.state == "completed"


@modes
def test_a_null_in_data_is_filled_and_a_time_that_is_none_is_judged_by_its_own_rule(world: World, mode: Mode) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"))))
    data = event("EXECUTION_COMPLETED", timestamp="yesterday", event_id=None)

    run(world, "EXECUTION_COMPLETED", mode(cloudevent(data, data=data, id="ce-7", time="2026-11-24T00:00:00Z")))

    saga = world.saga("ex-1")
    assert saga is not None
    assert (saga.state, saga.timeline[-1].event_id) == ("completed", "ce-7")


@modes
def test_source_names_the_service_where_nobody_did_and_contradicts_nothing(
    world: World, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"), source="a b")))
    data = {key: value for key, value in event("EXECUTION_STARTED").items() if key != "metadata"}
    capsys.readouterr()

    run(world, "EXECUTION_STARTED", mode(cloudevent(data, source="no label")))

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.has_started
    assert '"UnusableFields":[1.0]' in capsys.readouterr().out  # an ordinary field, judged by its rule


@modes
@pytest.mark.parametrize("version", ["0.3", "1.1", ""])
def test_another_version_of_cloudevents_is_rejected(world: World, mode: Mode, version: str) -> None:
    run(world, "EXECUTION_REQUESTED", mode(cloudevent(event("EXECUTION_REQUESTED"), specversion=version)))

    assert rejections(world) == [("cloudevent_version", "specversion: only CloudEvents 1.0 is understood")]


def test_an_event_of_ours_may_have_a_field_named_specversion(world: World) -> None:
    run(world, "EXECUTION_REQUESTED", unmarked_record(event("EXECUTION_REQUESTED", specversion="7")))
    run(world, "EXECUTION_STARTED", structured_detail(event("EXECUTION_STARTED", specversion=None)))

    saga = world.saga("ex-1")
    assert saga is not None
    assert saga.has_started


def test_records_of_one_execution_keep_their_order_whatever_they_are_wrapped_in(world: World) -> None:
    actors = [f"actor-{number}" for number in range(6)]
    sent = [cloudevent(event("EXECUTION_CANCELLED", cancelled_by=actor)) for actor in actors]
    mixed = [record(each["data"], as_headers(each)) if number % 2 else record(each) for number, each in enumerate(sent)]

    run(world, "EXECUTION_CANCELLED", batch(*mixed))

    stub = world.saga("ex-1")
    assert stub is not None
    assert [early.actor for early in stub.early] == actors


def test_what_is_kept_of_a_rejected_one_names_whom_it_is_about(world: World) -> None:
    sent = cloudevent(event("EXECUTION_REQUESTED", event_id="ce-1"))
    wrong = sent | {"data": sent["data"] | {"execution_id": "ex-2"}}

    run(world, "EXECUTION_REQUESTED", binary_record(wrong))
    run(world, "EXECUTION_REQUESTED", structured_detail(sent | {"data": 7}))

    binary, structured = world.rejected()
    assert (binary["event_id"], binary["event_type"], binary["execution_id"]) == ("ce-1", "EXECUTION_REQUESTED", "ex-2")
    assert binary["position"]["headers"]["ce_id"] == "ce-1"
    assert (structured["event_id"], structured["execution_id"]) == ("ce-1", "ex-1")


def test_a_redelivery_of_a_rejected_record_is_the_same_item(world: World) -> None:
    wrong = binary_record(cloudevent(event("EXECUTION_REQUESTED"), specversion="2"))

    run(world, "EXECUTION_REQUESTED", wrong)
    run(world, "EXECUTION_REQUESTED", wrong)

    first, second = world.rejected()
    assert first["key"] == second["key"]
    _, _, source, _cluster, *place, _content = first["key"].split("/")
    assert (source, place) == ("kafka", ["topic-0", "10"])  # what the headers say is no part of it


@modes
def test_a_service_that_says_who_it_is_keeps_its_name(world: World, mode: Mode) -> None:
    invocation = mode(cloudevent(event("EXECUTION_STARTED"), source="/another"))
    terms = terms_of(EventType.STARTED, "")

    fields = (
        from_detail(invocation["detail"], terms)
        if "detail" in invocation
        else from_record(invocation["records"]["topic-0"][0], terms)
    )

    assert fields["metadata"]["service_name"] == "api"
