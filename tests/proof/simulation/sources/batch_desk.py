"""Operators who do one thing to many sagas: they freeze a set, look, begin it, and some of them stop it again.

The runner is called, or not: its schedule finds whatever nobody runs. It dies at any call, and runs twice at once.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from saga_orchestrator.domain.operating.authority import Deed
from saga_testing.http_door import ADMIN, signed
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.oracles.registry import When
from tests.proof.simulation.sources.api_calls import expect_cancel
from tests.proof.simulation.world.acts import Acts
from tests.proof.simulation.world.lambda_service import API, RUNNER, Invocation, Outcome
from tests.proof.simulation.world.operations import Operations
from tests.proof.simulation.world.saga_image import SagaImage
from tests.proof.simulation.world.scenario import LANGUAGES

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

ABORTED: Final = 0.5
"""Of those that were begun."""
TICK_MS: Final = 60_000
AGAIN_MS: Final = 2_000
TRIES: Final = 6
LOOKS_MS: Final = 10_000
"""Between two looks whether there is anything to do it to."""
SOON_MS: Final = 2_000
MOST_LOOKS: Final = 30
MOST_LOOKS_SOON: Final = 8
EXECUTION, ORDER = "execution_saga", "order_saga"
ALONE: Final = 0.35
"""Of worlds without orders, those in which somebody acts on many executions; of acts on many elsewhere as well."""
Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class BatchDesk:
    world: "WiredWorld"
    dice: random.Random
    acts: Acts
    operations: Operations = field(init=False)
    under_way: int = 0
    _keys: int = 0
    _ticking: bool = False

    def __post_init__(self) -> None:
        table = self.world.aws.dynamodb
        self.operations = Operations(self.acts, lambda: table.items("operator"), self._stands)

    def begin(self) -> None:
        world, dice = self.world, self.dice
        orders = bool(world.shop.plans)
        if world.plan.calm or Fault.OPERATED in world.silenced or not (orders or dice.random() < ALONE):
            return
        if not orders or dice.random() < ALONE:
            self._begin_on_executions(2 if orders else 3)
        if not orders:
            return
        first = min(plan.placed.at for plan in world.shop.plans)
        for _ in range(dice.choice((2, 3, 5))):
            deed = dice.choice((Deed.RETRY, Deed.RETRY, Deed.RESOLVE, Deed.SKIP, *[Deed.NOTE] * 3, *[Deed.CANCEL] * 4))
            after = dice.choice((200, 5_000, 40_000, 200_000))
            self._later(first + after - world.scheduler.now, lambda deed=deed: self._look(deed, MOST_LOOKS))  # type: ignore[misc]  # bound now

    def _begin_on_executions(self, most: int) -> None:
        world, dice = self.world, self.dice
        for _ in range(dice.randint(1, most)):
            at = dice.choice(world.plan.executions).request.at + dice.choice((300, 1_500, 6_000, 40_000))
            deed = dice.choice((Deed.CANCEL, Deed.CANCEL, Deed.NOTE))
            self._later(at - world.scheduler.now, lambda deed=deed: self._look_at_executions(deed, MOST_LOOKS_SOON))  # type: ignore[misc]  # bound now

    def _stands(self, key: tuple[str, str]) -> SagaImage | None:
        if key[0] == ORDER:
            return self.world.shop.ledger.sagas.get(key)
        return self.world.ledger.sagas.get(key[1])

    @property
    def is_busy(self) -> bool:
        return self.under_way > 0 or self._ticking

    # -- an operator's course: each step begins where the one before it was answered

    def _look(self, deed: Deed, looks: int) -> None:
        shop = self.world.shop.ledger
        parked = bool(shop.parked)
        if not (shop.open if deed in {Deed.CANCEL, Deed.NOTE} else parked):
            if looks:
                self._later(LOOKS_MS, lambda: self._look(deed, looks - 1))
            return
        self._prepare(deed, "parked" if parked and deed is not Deed.CANCEL else "deadlines", {"saga_name": ORDER})

    def _look_at_executions(self, deed: Deed, looks: int) -> None:
        if any(saga.state == "running" for saga in self.world.ledger.sagas.values()):
            of = (
                {"saga_name": EXECUTION},
                {"language": LANGUAGES[0]},
                {"saga_name": EXECUTION, "language": LANGUAGES[1]},
            )
            again = lambda: self._later(SOON_MS, lambda: self._look_at_executions(deed, looks - 1))  # noqa: E731 - bound now
            self._prepare(deed, "deadlines", self.dice.choice(of), again if looks else None)
        elif looks:
            self._later(SOON_MS, lambda: self._look_at_executions(deed, looks - 1))

    def _prepare(
        self, deed: Deed, listed: str, fits: dict[str, str], otherwise: Callable[[], None] | None = None
    ) -> None:
        self.world.weather.note(Fault.OPERATED)
        now = datetime.fromtimestamp(self.world.scheduler.now / 1000, UTC).isoformat(timespec="milliseconds")
        body = {"verb": deed, "of": listed, "filter": fits, "before": now, "reason": "many at once"}
        self._ask("operations", {}, body, None, self._prepared, otherwise=otherwise)

    def _prepared(self, answer: Json) -> None:
        identity, tag = json.loads(answer["body"])["operation"]["id"], answer["headers"]["etag"]
        dice = self.dice
        path = {"operation_id": identity}

        def abort(_answer: Json | None = None) -> None:
            self._ask("operations/{operation_id}/abort", path, {}, None, lambda _answer: None)

        def started(_answer: Json) -> None:
            if dice.random() < ABORTED:
                # Soon enough, mostly, that its runner has looked and not yet written.
                self._later(dice.choice((1, 1, 5, 10, 20, 40, 150, 1_000)), abort)

        def start() -> None:
            self._expect(identity)
            self._ask("operations/{operation_id}/start", path, {"reason": "seen"}, tag, started)

        of_executions = json.loads(answer["body"])["operation"]["filter"]["saga_name"] != ORDER
        self._later(dice.choice((1, 1, 50, 1_000) if of_executions else (1, 50, 5_000, 20_000, 60_000)), start)
        if dice.random() < 0.1:
            self._later(dice.choice((1, 300, 6_000)), abort)

    def _ask(
        self,
        template: str,
        path: dict[str, str],
        body: Json,
        tag: str | None,
        then: Callable[[Json], None],
        tries: int = TRIES,
        key: str | None = None,
        otherwise: Callable[[], None] | None = None,
    ) -> None:
        """The same again, under the same key, for as long as there is no answer; `otherwise` where it is refused."""
        world = self.world
        if not world.ledger.versions.serve_the_api:
            self._later(AGAIN_MS, lambda: self._ask(template, path, body, tag, then, tries, key, otherwise))
            return
        self._keys += key is None
        key = key or f"many-{self._keys}"
        headers = {"idempotency-key": key} | ({"if-match": tag} if tag is not None else {})
        event = signed(f"POST /iam/v1/{template}", ADMIN, path=path, headers=headers, body=json.dumps(body))

        def done(outcome: Outcome) -> None:
            answer = {} if outcome.failed else outcome.result
            status = answer.get("statusCode", 500)
            world.note(f"{template} {key}: {status} {answer.get('body', '')[:300]}")
            if (status >= 500 or world.weather.strikes(Fault.ANSWER_LOST)) and tries:
                self._later(AGAIN_MS, lambda: self._ask(template, path, body, tag, then, tries - 1, key, otherwise))
            elif status < 300:
                then(answer)
            elif otherwise is not None:
                otherwise()

        self._invoke(API, event, done)
        if world.weather.strikes(Fault.DUPLICATE):
            self._invoke(API, event, lambda _outcome: None)

    def _expect(self, identity: str) -> None:
        """Executions are cancelled as by an operator's event, each under its own act's id."""
        for batch, places in self.operations.all():
            if batch.id != identity or batch.deed is not Deed.CANCEL:
                continue
            for place in places:
                if place.chosen.saga_name == EXECUTION:
                    expect_cancel(self.world, place.chosen.execution_id, place.event_id, batch.prepared.actor)

    # -- the runner

    def called(self, payload: bytes) -> None:
        """The API has called it, and waits for nothing. A release that has none finds it in the table later."""
        if self.world.ledger.versions.serve_the_api:
            self._invoke(RUNNER, json.loads(payload), lambda _outcome: None)

    def sees(self, invocation: Invocation) -> None:
        """A call was carried out by somebody who may act."""
        if invocation.function not in {API, RUNNER} or not self._keys:
            return
        for _, places in self.operations.all():
            for target in {place.target for place in places}:
                self.world.judge.judge(When.ACTED, self.acts, target)
        self.world.judge.judge(When.OPERATED, self.operations)
        if not self._ticking and self.operations.running:
            self._ticking = True
            self.world.scheduler.after(TICK_MS, self._tick)

    def _tick(self) -> None:
        self._ticking = self.operations.running
        if self._ticking:
            self.world.scheduler.after(TICK_MS, self._tick)
            if not self.world.ledger.versions.serve_the_api:
                return
            for _ in range(2 if self.world.weather.strikes(Fault.CHECK_DOUBLED) else 1):
                self._invoke(RUNNER, {}, lambda _outcome: None)

    def _invoke(self, function: str, event: Json, then: Callable[[Outcome], None]) -> None:
        def done(outcome: Outcome) -> None:
            self.under_way -= 1
            then(outcome)

        self.under_way += 1
        self.world.service.invoke(function, event, ("",), 1, done)

    def _later(self, delay_ms: int, act: Callable[[], None]) -> None:
        def come() -> None:
            self.under_way -= 1
            act()

        self.under_way += 1
        self.world.scheduler.after(max(1, delay_ms), come)
