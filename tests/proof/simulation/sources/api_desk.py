"""Two operators at the HTTP API: they look, think, and act on sagas, while events, time and faults go on.

An answer may be lost, and whoever has none sends the same again under the same key. Some send it again although they
have one, some take a key for something else, and some act on what they saw long ago.
"""

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from saga_orchestrator.domain.operating.authority import Deed
from saga_testing.http_door import ADMIN as ADMIN_ARN
from saga_testing.http_door import OPERATOR as OPERATOR_ARN
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.sources.api_calls import THINKS_MS, ApiCalls, expect_cancel
from tests.proof.simulation.world.acts import Asked

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

WORLDS: Final = 0.5
"""Of those with faults."""
OF_TWO_RELEASES: Final = 0.9
ROLLED_BACK: Final = 0.5
"""Of those with two releases."""
ACTORS: Final = {OPERATOR_ARN: "role/on-call/olga", ADMIN_ARN: "user/root-of-sagas"}
RETRIES: Final = 2
ROUNDS_MS: Final = 60_000
"""When all faults have ended: between two looks at what is parked."""
EXECUTION, ORDER = "execution_saga", "order_saga"
_NEED_VERSION: Final = frozenset({Deed.RESOLVE, Deed.SKIP, Deed.UNDO})


@dataclass(slots=True, eq=False)
class ApiDesk:
    world: "WiredWorld"
    dice: random.Random
    calls: ApiCalls = field(init=False)
    _keys: int = 0
    _rounds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.calls = ApiCalls(self.world, self.dice, self._another, self._expect)

    def begin(self) -> None:
        world, dice = self.world, self.dice
        staffed = dice.random() < (OF_TWO_RELEASES if world.ledger.versions.mixed else WORLDS)
        if world.plan.calm or not staffed or Fault.OPERATED in world.silenced:
            return
        starts = [execution.request.at for execution in world.plan.executions]
        for _ in range(dice.choice((8, 12, 16) if world.ledger.versions.mixed else (2, 4, 8, 12))):
            at = dice.choice(starts) + dice.choice((-2_000, 200, 1_500, 8_000, 40_000, 200_000, 400_000))
            self.calls.later(at, self._turn)
        if world.ledger.versions.mixed and dice.random() < ROLLED_BACK:
            at = dice.choice(starts) + dice.choice((300, 5_000, 40_000))
            world.scheduler.at(at, self._roll_back)
            world.scheduler.at(at + dice.choice((2_000, 30_000, 200_000)), self._deploy_again)

    def _roll_back(self) -> None:
        """In the middle of what they are at."""
        versions = self.world.ledger.versions
        versions.rolled_back = versions.mixed
        self.world.note("rolled back")

    def _deploy_again(self) -> None:
        self.world.ledger.versions.rolled_back = False
        self.world.note("deployed again")

    def set_right(self) -> None:
        """After all faults: whatever is parked is asked for again; what its participant has refused is done by hand."""
        for saga in self.world.shop.ledger.parked:
            self.calls.under_way += 1
            self._rounds[saga.key] += 1
            deed = Deed.RETRY if self._rounds[saga.key] <= RETRIES else Deed.RESOLVE
            asked = self._asked(OPERATOR_ARN, deed, (ORDER, saga.key))
            self.calls.send(replace(asked, version=self._seen((ORDER, saga.key))), 5)
        self.world.scheduler.after(ROUNDS_MS, self.set_right)

    # -- one operator's turn

    def _turn(self) -> None:
        """Look at a saga, think, and act on it; rather on one that waits for somebody."""
        world, dice = self.world, self.dice
        parked = [(ORDER, saga.key) for saga in world.shop.ledger.parked]
        mixed = world.ledger.versions.mixed
        # Of two releases the one may begin what the other one has cancelled before.
        keys = [each.id for each in world.plan.executions] if mixed else list(world.ledger.sagas)
        everything = [(EXECUTION, key) for key in keys] + list(world.shop.ledger.sagas)
        target = dice.choice(parked if parked and dice.random() < 0.8 else everything or [(EXECUTION, "ex-none")])
        who = dice.choice((OPERATOR_ARN, ADMIN_ARN, ADMIN_ARN))
        verbs = (
            [Deed.RETRY, Deed.RESOLVE, Deed.SKIP, Deed.UNDO, Deed.NOTE]
            if target in parked
            else [*[Deed.CANCEL] * (len(Deed) if mixed else 1), *Deed]
        )
        asked = self._asked(who, dice.choice(verbs), target)
        if asked.deed in _NEED_VERSION or dice.random() < 0.4:
            asked = replace(asked, version=self._seen(target))
        world.weather.note(Fault.OPERATED)
        world.scheduler.after(dice.choice(THINKS_MS), lambda: self.calls.send(asked, 12))

    def _asked(self, who: str, deed: Deed, target: tuple[str, str]) -> Asked:
        self._keys += 1
        reason = "seen to by hand" if deed is not Deed.CANCEL else ""
        return Asked(who, ACTORS[who], deed, *target, key=f"k-{self._keys}", reason=reason, version=None)

    def _seen(self, target: tuple[str, str]) -> tuple[int, int] | None:
        """What the console shows him: the version, and when it began."""
        saga = self.world.ledger.sagas.get(target[1]) if target[0] == EXECUTION else None
        saga = saga or self.world.shop.ledger.sagas.get(target)
        return None if saga is None else (saga.version, saga.number("created") or 0)

    def _another(self, asked: Asked) -> Asked:
        other = Deed.NOTE if asked.deed is not Deed.NOTE else Deed.RETRY
        return replace(asked, deed=other, reason="another thing")

    def _expect(self, asked: Asked) -> None:
        self.world.ledger.by_execution.setdefault(asked.execution_id, [])
        if asked.deed is Deed.CANCEL and asked.saga_name == EXECUTION:
            expect_cancel(self.world, asked.execution_id, asked.event_id, asked.actor)
