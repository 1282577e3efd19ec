"""Drawing a world: its settings, its sources, and a scenario small enough that everything in it collides."""

import random
from dataclasses import dataclass, field
from typing import Final

from tests.proof.simulation.world.drawn_executions import START_MS, DrawnExecutions
from tests.proof.simulation.world.scenario import (
    LANGUAGES,
    Execution,
    Inbound,
)
from tests.proof.simulation.world.settings import (
    DEPLOYED_SHARE,
    draw_deployments,
    draw_settings,
    is_hushed,
)

CROWD_SHARE: Final = 0.03
"""Of worlds: more executions than one PutEvents takes messages."""
RUSH_SHARE: Final = 0.12
"""Of worlds: several requests for one language, whose counter has shards, and where there are faults is read in pieces
and loses shards by a deployment.
"""


@dataclass(slots=True)
class Plan:
    """Everything about a world that is decided before it starts. Times are epoch milliseconds."""

    calm: bool
    settings: dict[str, str]
    later_settings: list[tuple[int, dict[str, str]]]
    transport: str
    clusters: str
    """Of Kafka: one, two, or two of which the second mirrors the first."""
    partitions: int
    batch_size: int
    stream_lanes: int
    stream_batch: int
    retries_items: bool
    unfiltered_stream: bool
    chaos_ends: int
    ends_with_expiry: bool
    stray_checks: list[int]
    """When the timeout checker runs besides the ticks that a running saga needs: often there is nothing to find."""
    republished: list[int] = field(default_factory=list)
    """When an operator has everything sent again, needed or not."""
    reconciled: list[int] = field(default_factory=list)
    """When an operator reconciles a table that nothing is wrong with."""
    rush: bool = False
    executions: list[Execution] = field(default_factory=list)

    @property
    def targets(self) -> tuple[str, ...]:
        """Where the relay must publish every message. The worker takes commands from the last one."""
        return ("bus", "topic") if self.settings["KAFKA_TARGET_BOOTSTRAP"] else ("bus",)

    @property
    def all_settings(self) -> list[dict[str, str]]:
        return [self.settings, *(changed for _, changed in self.later_settings)]

    @property
    def hushed(self) -> bool:
        """Commands are switched off for a while."""
        return any(map(is_hushed, self.all_settings))

    def never_hush(self) -> None:
        for settings in self.all_settings:
            settings["PUBLISH_COMMANDS"] = "true"

    @property
    def admins_change(self) -> bool:
        return len({each.get("ADMIN_USERS") for each in self.all_settings}) > 1

    @property
    def events(self) -> list[Inbound]:
        return [inbound for each in self.executions for inbound in (each.request, *each.others)]


def draw_plan(dice: random.Random, rushes: random.Random, *, calm: bool) -> Plan:
    settings = draw_settings(dice, calm=calm)
    rush = rushes.random() < RUSH_SHARE
    if rush:
        limit, shards = str(rushes.choice((2, 3))), str(rushes.choice((2, 3)))
        settings |= {"DEFAULT_LANGUAGE_LIMIT": limit, "COUNTER_SHARDS": shards}
    plan = Plan(
        calm=calm,
        rush=rush,
        settings=settings,
        later_settings=[],
        transport=dice.choice(("eventbridge", "kafka", "both")),
        clusters="one" if calm else dice.choice(("one", "one", "one", "one", "two", "mirrored")),
        partitions=dice.choice((1, 2, 3)),
        batch_size=dice.choice((1, 3, 10, 100)),
        stream_lanes=dice.choice((1, 1, 4)),
        stream_batch=dice.choice((1, 5, 100)),
        retries_items=dice.random() < 0.5,
        unfiltered_stream=dice.random() < 0.1,
        chaos_ends=START_MS + dice.choice((120, 600, 1200, 3600)) * 1000,
        ends_with_expiry=dice.random() < 0.1,
        stray_checks=[START_MS + dice.randrange(200_000) for _ in range(dice.choice((0, 1, 2)))],
    )
    if not calm and dice.random() < DEPLOYED_SHARE:
        plan.later_settings, checks = draw_deployments(dice, settings, START_MS)
        plan.stray_checks += checks
    maker = DrawnExecutions(dice, settings, calm=calm)
    crowd = dice.random() < CROWD_SHARE
    count = dice.choice((12, 15, 20, 20 if calm else 50)) if crowd else dice.choice((1, 1, 2, 2, 3, 3, 5))
    for place in range(max(count, rushes.choice((5, 7))) if rush else count):
        plan.executions.append(maker.make(f"ex-{place}"))
    if rush:
        _want_one_language(plan)
    if rush and not calm and not plan.later_settings:
        moment = START_MS + 10_000 + rushes.randrange(60_000)
        plan.later_settings = [(moment, settings | {"COUNTER_SHARDS": rushes.choice(("1", "1", "2"))})]
        plan.stray_checks += [moment + rushes.randrange(1_000, 20_000) for _ in range(3)]
    if not calm and dice.random() < 0.55:
        requested = [each.request.at for each in plan.executions]
        waits = (300, 300, 2_000, 10_000, 100_000)
        plan.reconciled = [dice.choice(requested) + dice.choice(waits) for _ in range(dice.choice((0, 0, 1, 2)))]
        plan.republished = [dice.choice(requested) + dice.choice(waits) for _ in range(dice.randint(2, 4))]
    return plan


def _want_one_language(plan: Plan) -> None:
    for inbound in plan.events:
        if inbound.detail is not None and inbound.detail.get("language") in LANGUAGES:
            inbound.detail["language"] = LANGUAGES[0]
