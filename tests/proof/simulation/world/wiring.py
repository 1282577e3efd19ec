"""The Lambda service of a world, wired to its weather, its dice and its topic."""

from typing import TYPE_CHECKING

from saga_testing.deployment import settings_of
from tests.proof.simulation.sources.kafka_target import SimulatedTopic
from tests.proof.simulation.world.clients import FaultyCalls, SimulatedSdk
from tests.proof.simulation.world.lambda_service import (
    LambdaService,
)
from tests.proof.simulation.world.silent_telemetry import SilentTelemetry

if TYPE_CHECKING:
    from tests.proof.simulation.world.world import World


def lambda_service(world: "World") -> LambdaService:
    """Containers whose clients meet the weather, whose topic is simulated, whose telemetry accounts to the world."""
    settings = settings_of(tuple(world.plan.settings.items()))
    service = LambdaService(world.scheduler, world.weather, settings, world._dice.clocks, world.ledger.versions)
    calls = FaultyCalls(world.scheduler, world.weather, world, world._dice.latency)
    service.make_sdk = lambda container: SimulatedSdk(calls, world.aws, container)
    service.make_telemetry = lambda: SilentTelemetry(world)  # type: ignore[assignment,return-value]  # same methods
    told = world.targets.of("topic")
    service.connect_target = SimulatedTopic(
        world.scheduler, world.weather, world._dice.latency, world.targets.on_topic, told
    ).connect
    service.on_end = world._returned
    service.production_dice = world._dice.production
    return service
