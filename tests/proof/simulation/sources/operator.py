"""An operator who hears of what was set aside, and who sometimes does more than is needed."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from sagactl.commands.reconcile import repair
from sagactl.errors import NotDoneError
from sagas.execution import EXECUTION_SAGA
from tests.proof.simulation.faults.restored_table import stack_of
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.world.lambda_service import RECONCILE, Container, Invocation, Outcome

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

AGAIN_MS: Final = 60_000
_REFUSALS: Final = (ClientError, BotoCoreError, ResponseParserError, NotDoneError)


@dataclass(frozen=True, slots=True)
class Operator:
    """Asks each target's own relay, as `sagactl rejected redrive` and `sagactl republish` do."""

    world: "WiredWorld"

    def hears_of(self, pointer: dict[str, Any]) -> None:
        """What a target refused is sent again: it has been mended by then, or refuses once more."""
        message = pointer["position"]["record"].partition("/")[2] if pointer["source"] == "stream" else ""
        if not message:
            return  # an event; or a record as a whole, which is an oracle's to judge
        saga_name, execution_id, _ = message.split(":")
        for mapping in self.world.mappings:
            if mapping.relay == pointer["function"]:
                mapping.want_again((execution_id, saga_name))

    def send_all_again(self) -> None:
        """Needed or not, and while everything else goes on."""
        self.world.weather.note(Fault.REPUBLISHED)
        for mapping in self.world.mappings:
            for saga in self.world.ledger.sagas.values():
                mapping.want_again((saga.key, saga.text("saga_name") or ""), at_once=True)
            for name, key in self.world.shop.ledger.sagas:
                mapping.want_again((key, name), at_once=True)

    def commands_are_on_again(self, done: Callable[[], None]) -> None:
        """What the runbook says: put right what ended meanwhile, then have all sent that was held back."""

        def reconciled() -> None:
            done()
            self.send_all_again()

        self.reconcile(reconciled)

    def reconcile(self, then: Callable[[], None] = lambda: None) -> None:
        """`sagactl reconcile`, beside the functions and through the same weather; again until it comes through."""
        world = self.world
        world.weather.note(Fault.RECONCILED)
        service, now = world.service, world.scheduler.now
        container = Container(RECONCILE, service.settings, 0)
        container.resources = SimpleNamespace(rules=[SimpleNamespace(definition=EXECUTION_SAGA)])
        connection: Any = SimpleNamespace(client=lambda _service: service.make_sdk(container).dynamodb)
        stack = stack_of(world.plan, connection)

        def done(outcome: Outcome) -> None:
            if outcome.failed:
                world.scheduler.after(AGAIN_MS, lambda: self.reconcile(then))
            else:
                then()

        def run() -> None:
            try:
                repair(stack, now)
                outcome = Outcome(failed=False)
            except _REFUSALS:
                outcome = Outcome(failed=True)
            invocation.over = True
            world.scheduler.after(0, lambda: done(outcome))

        invocation = Invocation(0, RECONCILE, container, now, now + 10 * AGAIN_MS, (), 1, service, done)
        invocation.tasks.append(world.scheduler.spawn(run, invocation))
