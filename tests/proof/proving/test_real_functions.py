"""The same runs on the real functions: seeded worlds, deliveries at the same time, and every fault of AWS."""

import re

import pytest

from saga_testing.proving.stored.mishaps import Mishaps
from saga_testing.proving.stored.schedules import Schedules
from saga_testing.proving.stored.worlds import Worlds
from tests.proof.proving.planted_bugs import PLANTED
from tests.proof.proving.subjects import SUBJECTS


@pytest.mark.parametrize("name", SUBJECTS)
def test_seeded_worlds_agree_with_the_core_and_come_to_rest(name: str) -> None:
    worlds = Worlds((SUBJECTS[name],), seeds=100)

    assert worlds.run() is None
    assert worlds.run_so_far == 100


@pytest.mark.parametrize("name", ["execution", "pair", "seat", "visit"])
def test_every_fault_at_every_call_leaves_what_was_decided(name: str) -> None:
    mishaps = Mishaps((SUBJECTS[name],))

    assert mishaps.run() is None
    assert mishaps.is_complete
    assert mishaps.run_so_far > 100


def test_a_schedule_that_is_wrong_says_how_it_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    next(each for each in PLANTED if each.name == "a write without its condition").plant(monkeypatch)

    finding = Schedules((SUBJECTS["pair"],)).run()

    assert finding is not None
    assert re.match(r"the last 2 at the same time \(\w+ before call \d of \w+(, each .*)?\) leave", finding.wrong)


@pytest.mark.parametrize("name", ["execution", "pair", "seat", "visit"])
def test_deliveries_at_the_same_time_leave_what_some_order_of_them_leaves(name: str) -> None:
    schedules = Schedules((SUBJECTS[name],))

    assert schedules.run() is None
    assert schedules.is_complete
    assert schedules.run_so_far > 50
