"""The plan: what is played follows from size and seed alone, and nothing that the demo promises to show is missing."""

from collections import Counter

import pytest

from demo.cases import BURST_SLUG, CASES, What
from demo.executions import SCRIPTS, STRANGER, body_of
from demo.workload import LEAST_BURST, plan
from stack_client import Transport, alternating


def test_the_same_seed_makes_the_same_workload_and_another_seed_another() -> None:
    one, other = plan(120, seed=5), plan(120, seed=5)
    assert one.executions == other.executions
    assert [bad.title for bad in one.bad_events] == [bad.title for bad in other.bad_events]
    assert {each.id for each in plan(120, seed=5).executions}.isdisjoint(each.id for each in plan(120, 6).executions)


@pytest.mark.parametrize("size", [1, 40, 400])
def test_every_case_is_played_under_ids_of_its_own_in_the_promised_order(size: int) -> None:
    executions = plan(size, seed=1).executions
    ids = [each.id for each in executions]
    assert len(set(ids)) == len(ids)
    counts = Counter(each.case.slug for each in executions)
    assert counts.keys() == {case.slug for case in CASES}
    assert counts[BURST_SLUG] >= LEAST_BURST
    assert {each.case.slug for each in executions[: counts[BURST_SLUG]]} == {BURST_SLUG}
    waves = [each.case.wave for each in executions]
    assert waves == sorted(waves)


def test_several_hundred_are_about_as_many_as_asked_for_and_travel_half_each_way() -> None:
    executions = plan(400, seed=1).executions
    assert 380 <= len(executions) <= 420
    kafka = sum(each.transport is Transport.KAFKA for each in executions)
    assert 0.4 < kafka / len(executions) < 0.6


def test_the_worker_reports_the_way_the_request_came() -> None:
    """It chooses by the id, so each id is chosen to suit its case."""
    assert all(alternating(each.id) is each.transport for each in plan(400, seed=1).executions)


def test_scripts_are_shipped_or_made_to_their_exact_size() -> None:
    for execution in plan(40, seed=1).executions:
        if execution.script_name[0] in "=@":
            assert len(execution.script) == int(execution.script_name[1:])
        else:
            assert execution.script == (SCRIPTS / execution.script_name).read_bytes()


def test_no_owner_is_the_stranger_who_must_be_refused() -> None:
    assert STRANGER not in {each.owner for each in plan(400, seed=1).executions}


def test_a_copy_is_the_same_event_and_a_repeated_request_another_with_the_same_content() -> None:
    execution = plan(40, seed=1).executions[0]
    first, again, other = (
        body_of(execution, what)[1] for what in (What.REQUEST, What.REQUEST_AGAIN, What.OTHER_REQUEST)
    )
    assert first["event_id"] == body_of(execution, What.REQUEST)[1]["event_id"]
    volatile = {"event_id", "timestamp"}
    assert first["event_id"] != again["event_id"]
    assert {key for key in first if first[key] != again[key]} <= volatile
    assert {key for key in first if first[key] != other[key]} - volatile == {"timeout_seconds"}


def test_bad_events_come_both_ways_and_name_their_reason() -> None:
    bad = plan(40, seed=1).bad_events
    assert {event.transport for event in bad} == set(Transport)
    assert sum(event.reason is None for event in bad) == 1  # the tombstone
    assert len({event.reason for event in bad}) >= 8
