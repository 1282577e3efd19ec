"""Senders whose clocks are off: ahead of ours by less or by more than the tolerance, or hours behind."""

import random
from collections.abc import Iterator
from typing import Final

from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.scenario import REQUESTED, Execution, Inbound, iso

WORLDS: Final = 0.4
"""Of those with faults."""
OFF_MS: Final = (-10_800_000, -600_000, 600_000, 895_000, 905_000, 930_000, 930_000, 1_300_000, 2_400_000)
"""Fifteen minutes ahead are let pass."""
SURELY_TAKEN_MS: Final = 450_000
"""Also by a function whose own clock is behind."""


def skew_senders(dice: random.Random, plan: Plan, weather: Weather, silenced: frozenset[str]) -> None:
    """What a request says of its time decides whether it is taken; of no other event is it asked."""
    if plan.calm or Fault.SENDER_CLOCK in silenced or dice.random() >= WORLDS:
        return
    for execution in plan.executions:
        off = dice.choice(OFF_MS)
        if execution.request.must_reject or execution.request.refusal == "expired" or dice.random() < 0.3:
            continue
        weather.note(Fault.SENDER_CLOCK)
        for inbound in _of_one_sender(execution):
            _put_off(inbound, off)


def _of_one_sender(execution: Execution) -> Iterator[Inbound]:
    """The request, its repetitions, which are the same to the word, and all that is told of its pod."""
    yield execution.request
    yield from (
        each for each in execution.others if each.type != REQUESTED or each.content == execution.request.content
    )


def _put_off(inbound: Inbound, off: int) -> None:
    said = inbound.requested_at if inbound.type == REQUESTED else inbound.at
    inbound.detail = {**(inbound.detail or {}), "timestamp": iso(said + off)}
    if inbound.type == REQUESTED:
        inbound.requested_at = said + off
        if off > SURELY_TAKEN_MS:
            inbound.accepts |= {"timestamp_in_future"}
