"""The code that containers run: the version under test, and in some worlds a neighbouring release beside it."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sagas
from saga_orchestrator import bootstrap
from saga_orchestrator.adapters import saga_codec, settings
from saga_orchestrator.batch_bootstrap import BatchResources
from saga_orchestrator.domain import events, render
from saga_orchestrator.entrypoints import checker_function, event_function, relay_function, saga_functions
from saga_orchestrator.entrypoints.http_api.function import HttpApi
from saga_orchestrator.entrypoints.runner_function import RunOperations
from saga_orchestrator.entrypoints.wakes import wake_function
from saga_testing.http_door import ACCOUNT, ROLES, HttpDoor
from sagas import order
from tests.proof.simulation.world.scenario import Inbound

RELAY: Final = "command_relay"
KAFKA_RELAY: Final = "kafka_relay"
TARGET_OF: Final = {RELAY: "bus", KAFKA_RELAY: "topic"}
"""Each relay has one target, as in template.yaml."""
CHECKER: Final = "timeout_checker"
CHIEF: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/chiefs/carla"
TWO_ADMINS: Final = f"{ROLES},role/chiefs:admin"
MODULES: Final[Mapping[str, Any]] = {
    "adapters.saga_codec": saga_codec,
    "adapters.settings": settings,
    "bootstrap": bootstrap,
    "domain.events": events,
    "domain.render": render,
    "entrypoints.checker_function": checker_function,
    "entrypoints.event_function": event_function,
    "entrypoints.relay_function": relay_function,
    "entrypoints.saga_functions": saga_functions,
    "entrypoints.wakes.wake_function": wake_function,
    "sagas": sagas,
    "sagas.order": order,
}
"""All that the simulation touches of a version."""


class CodeVersion:
    """One release. `unknown_attributes`: what a neighbour stores in items and this release has never heard of."""

    def __init__(self, name: str, modules: Mapping[str, Any], unknown_attributes: frozenset[str]) -> None:
        self.name = name
        self.unknown_attributes = unknown_attributes
        self.resources: Any = modules["bootstrap"].Resources
        registered: Any = modules["sagas"].SAGAS
        # The oracles know what the execution saga promises; what else a user has registered is not played.
        self.sagas: Any = type(registered)((registered.named("execution_saga"),))
        self.sagas_and_orders: Any = type(registered)((*self.sagas, modules["sagas.order"].ORDER))
        self._modules = modules
        event_function = modules["entrypoints.event_function"].EventFunction
        relay = modules["entrypoints.relay_function"].CommandRelay
        checker = modules["entrypoints.checker_function"].CheckTimeouts
        waiting = modules["entrypoints.saga_functions"]
        wake = modules["entrypoints.wakes.wake_function"].SagaWake
        self.entries: dict[str, Callable[[Any, Any, Any], Any]] = {
            **{
                str(event_type).lower(): _event_entry(event_function, event_type)
                for event_type in modules["domain.events"].EventType
            },
            **dict.fromkeys(TARGET_OF, lambda at, event, context: relay(at).run(event, context)),
            CHECKER: lambda at, event, context: checker(at).run(event, context),
            "saga_event": lambda at, event, context: waiting.SagaEventFunction(at).run(event, context),
            "command_reply": lambda at, event, context: waiting.CommandReplyFunction(at).run(event, context),
            "saga_wake": lambda at, event, context: wake(at).run(event, context),
        }

    def own_settings(self, read: settings.Settings) -> Any:
        """The same environment, as this release reads it."""
        if self._modules is MODULES:
            return read
        limits = json.dumps(read.language_limits)
        return self._modules["adapters.settings"].Settings.model_validate(
            read.model_dump() | {"language_limits": limits}
        )

    def render(self, item: Mapping[str, Any], key: str) -> str:
        """The message as this release would publish it, from the stored item alone."""
        saga = self._modules["adapters.saga_codec"].decode(item)
        definition = self.sagas.named(saga.saga_name)
        body: str = self._modules["domain.render"].render(saga, key, definition).encode()
        return body


def _event_entry(event_function: Any, event_type: Any) -> Callable[[Any, Any, Any], Any]:
    return lambda at, event, context: event_function(at, event_type).run(event, context)


THIS: Final = CodeVersion("N", MODULES, frozenset({"trace"}))
THIS.entries |= {
    "operation_runner": lambda at, event, context: RunOperations(BatchResources(at)).run(event, context),
    "api": lambda at, event, context: HttpApi(HttpDoor(at, roles=TWO_ADMINS).api).run(event, context),
}
"""What worlds of two releases do not have."""


@dataclass(slots=True, eq=False)
class Versions:
    """What a world's containers may run: only the newest once the deployment is through.

    `differing_fields` are those in which the two releases' messages differ: a release may add a field to a message, so
    the same message has one form in each, and a consumer that has seen its id takes neither a second time.
    `newer_kinds` are messages that only the newest release can render.
    """

    newest: CodeVersion = THIS
    other: CodeVersion = THIS
    differing_fields: frozenset[str] = frozenset()
    newer_kinds: frozenset[str] = frozenset()
    newer_events: bool = False
    dice: random.Random | None = None
    rolled_back: bool = False
    """For a while: the older one of the two runs alone, and then the newer one comes a second time."""

    @property
    def mixed(self) -> bool:
        return self.newest is not self.other

    def draw(self) -> CodeVersion:
        """Of one delivery: both releases have containers, and it is nobody's choice which one is met."""
        if self.newest is self.other or self.dice is None:
            return self.newest
        if self.rolled_back:
            return self.other
        return self.newest if self.dice.random() < 0.5 else self.other

    def settle(self) -> None:
        """The deployment is through, as it must be before messages of a new kind can leave."""
        self.other, self.rolled_back = self.newest, False

    @property
    def serve_the_api(self) -> bool:
        """The release after this one has it too, but the world plays this one's; the one before it has none."""
        return self.other is THIS or not self.rolled_back

    def dress(self, inbound: Inbound) -> None:
        """A newer platform says more in its events than this code knows."""
        if self.newer_events and self.dice is not None and inbound.detail is not None and self.dice.random() < 0.5:
            metadata = inbound.detail.get("metadata", {})
            inbound.detail |= {"gpu_limit": "0", "labels": {"team": "blue"}, "metadata": {**metadata, "region": "eu"}}

    def comparable(self, detail: str) -> str:
        """A message without what the two releases say differently; as it is where there is one release."""
        if not self.differing_fields:
            return detail
        fields = {name: value for name, value in json.loads(detail).items() if name not in self.differing_fields}
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
