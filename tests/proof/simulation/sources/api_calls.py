"""How operators call the API: under a key, again for as long as there is no answer, and some of them twice at once."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from saga_testing.http_door import signed
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.oracles.registry import When
from tests.proof.simulation.world.acts import AnyAsked, Told
from tests.proof.simulation.world.lambda_service import API, Outcome
from tests.proof.simulation.world.scenario import CANCELLED, OPERATOR_SOURCE, Inbound

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

AGAIN_MS: Final = 20_000
THINKS_MS: Final = (1, 1, 5, 40, 2_000, 30_000)


@dataclass(slots=True, eq=False)
class ApiCalls:
    """`another` takes the same key for something else; `expect` is told of whatever is about to be asked."""

    world: "WiredWorld"
    dice: random.Random
    another: Callable[[Any], AnyAsked]
    expect: Callable[[Any], None] = lambda _asked: None
    under_way: int = 0
    told: list[Told] = field(default_factory=list)

    def later(self, moment: int, act: Callable[[], None]) -> None:
        """Somebody's turn comes."""
        self.under_way += 1
        self.world.scheduler.at(moment, act)

    def send(self, asked: AnyAsked, tries: int) -> None:
        """Of something that is under way; it no longer is once there is an answer."""
        world = self.world
        if not world.ledger.versions.serve_the_api:
            world.scheduler.after(AGAIN_MS, lambda: self.send(asked, tries))
            return
        self.expect(asked)

        def done(outcome: Outcome) -> None:
            if not outcome.failed:
                self._answered(asked, outcome.result)
            lost = outcome.failed or outcome.result["statusCode"] >= 500 or world.weather.strikes(Fault.ANSWER_LOST)
            if lost and tries:
                world.scheduler.after(AGAIN_MS, lambda: self.send(asked, tries - 1))
            elif not self._goes_on(asked):
                self.under_way -= 1

        world.service.invoke(API, _event(asked), (asked.about,), 1, done)
        if world.weather.strikes(Fault.DUPLICATE):
            # Impatient: the same again, before there is an answer.
            world.service.invoke(API, _event(asked), (asked.about,), 1, self._quietly(asked))

    def _quietly(self, asked: AnyAsked) -> Callable[[Outcome], None]:
        def done(outcome: Outcome) -> None:
            if not outcome.failed:
                self._answered(asked, outcome.result)

        return done

    def _goes_on(self, asked: AnyAsked) -> bool:
        """The key once more, for the same or for something else."""
        draw = self.dice.random()
        if self.world.weather.is_clear or draw >= 0.35:
            return False
        again = asked if draw < 0.2 else self.another(asked)
        self.world.scheduler.after(self.dice.choice(THINKS_MS), lambda: self.send(again, 3))
        return True

    def _answered(self, asked: AnyAsked, answer: dict[str, Any]) -> None:
        body = json.loads(answer.get("body") or "{}")
        told = Told(asked, answer["statusCode"], str(body.get("code", "")), replayed=body.get("replayed") is True)
        self.world.note(f"{asked.actor} {asked.deed} {asked.target} {asked.key}: {told.status} {told.code}")
        self.told.append(told)
        self.world.judge.judge(When.ANSWERED, self.world.acts, told)


def expect_cancel(world: "WiredWorld", execution_id: str, event_id: str, actor: str) -> None:
    """An execution that is cancelled by an act is cancelled as by an operator's event, under the act's own id."""
    sent = world.ledger.by_execution.setdefault(execution_id, [])
    if all(each.event_id != event_id for each in sent):
        inbound = Inbound(0, event_id, CANCELLED, execution_id, world.scheduler.now, None)
        inbound.source, inbound.actor, inbound.authorised = OPERATOR_SOURCE, actor, True
        sent.append(inbound)


def _event(asked: AnyAsked) -> dict[str, Any]:
    headers = {"idempotency-key": asked.key}
    if asked.version is not None:
        headers["if-match"] = f'"v{asked.version[0]}-{asked.version[1]}"'
    return signed(
        f"POST /iam/v1/{asked.route}", asked.who, path=asked.path, headers=headers, body=json.dumps(asked.body)
    )
