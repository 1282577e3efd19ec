"""`sagactl reconcile` on the corrupt corpus: what it finds, what it makes of it, and that the functions go on from
there as if nothing had been (L5).
"""

import itertools

import pytest

from saga_orchestrator.domain.repair import Problem
from sagactl.commands.reconcile import Outcome
from tests.proof.exhaustion.deployment import Delivery
from tests.proof.reconcile.corrupt_items import BASES, BY_HAND, CASES, COUNTERS, Case, Edit, n
from tests.proof.reconcile.corrupt_table import Scene, pairs_of, sound


def named(case: Case) -> str:
    return f"{case.base}: {case.name}{' and counted' if case.counted else ''}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_follows_from_the_item_is_repaired_in_one_run(case: Case) -> None:
    scene = Scene.of(case)
    corrupt = scene.item()
    assert corrupt is not None
    assert case.after is not None
    planned = scene.plan()
    assert [(finding.problem, finding.outcome) for finding in planned] == [
        (problem, Outcome.PLANNED) for problem in case.found
    ]
    assert scene.written() == [], "a dry run writes nothing"

    done = scene.repair()

    assert [finding.problem for finding in done] == list(case.found)
    assert {finding.outcome for finding in done} == {Outcome.REPAIRED}
    assert [(finding.found, finding.repair) for finding in done] == [(each.found, each.repair) for each in planned]
    sends = {"outbox": case.after.put["outbox"]} if "outbox" in case.after.put else {}
    expected = Edit(drop=("outbox",)).applied(case.after.applied(corrupt)) | sends
    assert scene.item() == expected | {"version": n(int(corrupt["version"]["N"]) + 1)}
    scene.check_promises()
    written = len(scene.written())
    assert (scene.plan(), scene.repair()) == ([], [])
    assert len(scene.written()) == written, "the second run has nothing to do"
    scene.live_on()


@pytest.mark.parametrize("case", BY_HAND, ids=named)
def test_what_needs_a_person_is_reported_and_left_alone(case: Case) -> None:
    scene = Scene.of(case)
    corrupt = scene.item()

    (finding,) = scene.repair()

    assert (finding.item, finding.problem, finding.outcome) == ("ex-1", case.found[0], Outcome.BY_HAND)
    assert finding.found
    assert finding.repair
    assert scene.item() == corrupt
    assert scene.written() == []


@pytest.mark.parametrize("base", BASES)
def test_a_sound_table_is_left_alone(base: str) -> None:
    scene = Scene([sound(base)], {"python#0": int("claim" in sound(base)), "ruby#3": 0})
    assert (scene.plan(), scene.repair(), scene.written()) == ([], [], [])


@pytest.mark.parametrize("counter", COUNTERS)
def test_a_counter_becomes_the_number_of_slots_held(counter: str) -> None:
    scene = Scene([sound("running")], {"python#0": COUNTERS[counter]})

    (finding,) = scene.repair()

    assert (finding.item, finding.problem, finding.repair) == ("python#0", Problem.COUNTER_DIFFERS, "set it to 1")
    assert finding.outcome is Outcome.REPAIRED
    scene.check_promises()
    assert scene.plan() == []
    scene.live_on()


@pytest.mark.parametrize("shard", ["cobol#0", "python#63"])
def test_a_counter_that_no_saga_holds_becomes_nothing(shard: str) -> None:
    scene = Scene([sound("running")], {"python#0": 1, shard: 4})
    (finding,) = scene.repair()
    assert (finding.item, finding.found) == (shard, "says 4, 0 sagas held")
    scene.check_promises()


def test_a_counter_without_its_number_is_mended_though_nobody_holds_a_slot() -> None:
    """The function that looks for a shard with room would break on it."""
    scene = Scene([], {"python#0": {}})
    (finding,) = scene.repair()
    assert (finding.found, finding.outcome) == ("says no number, 0 sagas held", Outcome.REPAIRED)
    assert scene.plan() == []


@pytest.mark.parametrize("name", ["python", "", "python#", "python#x", "python#-1"])
def test_an_item_of_a_later_release_is_passed_over(name: str) -> None:
    scene = Scene([], {name: 4})
    assert scene.repair() == []
    assert scene.written() == []


def test_an_unreadable_saga_keeps_its_slot_and_keeps_nobody_from_being_repaired() -> None:
    unreadable = Edit(drop=("state",)).applied(sound("running", "ex-2"))
    never_due = Edit(drop=("deadline",)).applied(sound("running"))
    scene = Scene([unreadable, never_due], {"python#0": 0})

    outcomes = {(finding.item, finding.problem): finding.outcome for finding in scene.repair()}

    assert outcomes == {
        ("python#0", Problem.COUNTER_DIFFERS): Outcome.REPAIRED,
        ("ex-1", Problem.NEVER_DUE): Outcome.REPAIRED,
        ("ex-2", Problem.UNREADABLE): Outcome.BY_HAND,
    }
    assert scene.item("ex-2") == unreadable
    assert (scene.item("#counter#python#0") or {})["n"] == n(2)


def test_what_is_wrong_with_an_unreadable_item_is_named() -> None:
    scene = Scene([Edit(drop=("corr", "version")).applied(sound("completed"))], {})
    (finding,) = scene.repair()
    assert finding.found.endswith("; missing: version, corr")
    assert "by hand" in finding.repair


@pytest.mark.parametrize("base", BASES)
def test_pairs_of_corruptions_of_one_saga(base: str) -> None:
    """Every pair that one item can have: both are found, and one run restores every promise."""
    pairs = pairs_of([case for case in CASES if case.base == base])
    for one, other in pairs:
        claims = [
            edit.put.get("claim") for edit, counted in ((one.edit, one.counted), (other.edit, other.counted)) if counted
        ]
        counter = len(claims) + int("claim" in sound(base))
        scene = Scene([other.edit.applied(one.edit.applied(sound(base)))], {"python#0": counter})
        found = {finding.problem for finding in scene.repair()}
        assert found == {*one.found, *other.found}, (one.name, other.name)
        scene.check_promises()
        assert scene.plan() == [], (one.name, other.name)
        scene.live_on()
    assert len(pairs) >= 5


def test_pairs_of_corrupt_sagas_in_one_table() -> None:
    """Every kind of corruption beside every other, those for a person included: neither hides or changes the other."""
    kinds = list({(case.found, case.base == "stub"): case for case in (*CASES, *BY_HAND)}.values())
    pairs = list(itertools.product(kinds, kinds))
    for one, other in pairs:
        items = [
            one.edit.applied(sound(one.base)),
            {**other.edit.applied(sound(other.base)), "execution_id": {"S": "ex-2"}},
        ]
        counter = sum(int("claim" in sound(case.base)) + case.counted for case in (one, other))
        scene = Scene(items, {"python#0": counter})
        found = scene.repair()
        expected = [
            problem for case in (one, other) for problem in case.found if problem is not Problem.COUNTER_DIFFERS
        ]
        assert sorted(each.problem for each in found if each.item.startswith("ex-")) == sorted(expected)
        assert [each.outcome for each in scene.plan()] == [Outcome.BY_HAND] * sum(
            case.after is None for case in (one, other)
        )
        scene.check_counters()
    assert len(pairs) > 200


DEPENDS_ON_NOTHING = frozenset({"reason"})
"""S8 asks for a reason; it cannot be known again, and nothing but the announcement reads it."""


@pytest.mark.parametrize("base", BASES)
def test_whatever_attribute_is_missing_the_promises_hold_or_a_person_is_told(base: str) -> None:
    for name in sound(base).keys() - {"execution_id", "saga_name", *DEPENDS_ON_NOTHING}:
        scene = Scene([Edit(drop=(name,)).applied(sound(base))], {"python#0": int("claim" in sound(base))})
        outcomes = {finding.outcome for finding in scene.repair()}
        if Outcome.BY_HAND not in outcomes:
            scene.check_promises()
            assert scene.plan() == [], name
            scene.live_on()


def test_what_is_owed_is_published_once_by_the_relay() -> None:
    (case,) = [case for case in CASES if case.name == "never deleted its pod, told nobody"]
    scene = Scene.of(case)
    scene.repair()
    scene.on.carry_out(Delivery("relay", "relay"))
    assert scene.published() == ["DELETE_POD_COMMAND", "SAGA_FAILED"]


def test_what_was_listed_again_is_not_published_by_itself() -> None:
    """It may have been sent: an operator decides to republish."""
    (case,) = [case for case in CASES if case.name == "lists nothing that it sent"]
    scene = Scene.of(case)
    (finding,) = scene.repair()
    scene.on.carry_out(Delivery("relay", "relay"))
    assert scene.published() == []
    assert "sagactl republish ex-1" in finding.repair
