"""Two administrators at the limits: they look, think, and close, open or override a language, or all of them at once.

What they put there, only a check brings into force. They act at the same time, on what they saw long ago, and under
keys that were used; what they put there expires, is replaced and is taken away, while claims and settlers go on.
"""

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from saga_orchestrator.domain.operating.other_targets import LimitDeed
from saga_testing.aws.dynamodb.stream_record import StreamRecord
from saga_testing.http_door import ADMIN, OPERATOR
from tests.proof.simulation.faults.code_versions import CHIEF
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.oracles.registry import When
from tests.proof.simulation.sources.api_calls import THINKS_MS, ApiCalls
from tests.proof.simulation.world.acts import AskedOfLimit, limit_target
from tests.proof.simulation.world.lambda_service import API, CHECKER, Invocation, Outcome
from tests.proof.simulation.world.overrides import ALL
from tests.proof.simulation.world.scenario import LANGUAGES

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

WORLDS: Final = 0.38
RUSHES: Final = 0.95
"""Of those with faults, and of those of them in which requests rush at one language."""
WHO: Final = (ADMIN, ADMIN, ADMIN, CHIEF, CHIEF, CHIEF, OPERATOR)
"""The last one may not."""
ACTORS: Final = {ADMIN: "user/root-of-sagas", CHIEF: "role/chiefs/carla", OPERATOR: "role/on-call/olga"}
DEEDS: Final = (LimitDeed.CLOSE, LimitDeed.CLOSE, LimitDeed.OPEN, *[LimitDeed.OVERRIDE] * 3)
LASTS_S: Final = (5, 30, 90, 600, 100_000)
CHECKED_MS: Final = (200, 1_000, 8_000)
"""After a turn: somebody does not want to wait for the schedule."""
TRIES: Final = 6
TOGETHER: Final = 0.5
"""Of the turns: another one acts at the same moment."""


@dataclass(slots=True, eq=False)
class LimitDesk:
    world: "WiredWorld"
    dice: random.Random
    calls: ApiCalls = field(init=False)
    _keys: int = 0
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    """What somebody has looked at before."""

    def __post_init__(self) -> None:
        self.calls = ApiCalls(self.world, self.dice, self._another)

    def begin(self) -> None:
        world, dice = self.world, self.dice
        staffed = dice.random() < (RUSHES if world.plan.rush else WORLDS)
        if world.plan.calm or not staffed or Fault.OVERRIDDEN in world.silenced:
            return
        first = min(execution.request.at for execution in world.plan.executions)
        for _ in range(dice.choice((2, 4, 6))):
            moment = first + dice.choice((200, 1_000, 3_000, 10_000, 40_000, dice.randrange(120_000)))
            self.calls.later(moment, self._turn)
            if dice.random() < 0.85:
                world.scheduler.at(moment + dice.choice(CHECKED_MS), world.schedule.check)

    def _turn(self) -> None:
        """Look at a limit, think, and act on it; some go by what they saw before, some look at nothing."""
        world, dice = self.world, self.dice
        language = dice.choice((*LANGUAGES, LANGUAGES[0], ALL))
        asked = self._asked(language, dice.choice(WHO))
        together = [asked]
        if dice.random() < TOGETHER:
            # The other one has seen the same, and is as quick.
            other = self._asked(language, CHIEF if asked.who == ADMIN else ADMIN)
            together.append(replace(other, version=asked.version))
            self.calls.under_way += 1
        wait = dice.choice(THINKS_MS)
        for each in together:
            world.weather.note(Fault.OVERRIDDEN)
            world.scheduler.after(wait, lambda each=each: self.calls.send(each, TRIES))  # type: ignore[misc]  # bound now

    def _asked(self, language: str, who: str) -> AskedOfLimit:
        dice, now = self.dice, self._looked(language)
        before, self._seen[language] = self._seen.get(language, now), now
        deed, draw = dice.choice(DEEDS), dice.random()
        self._keys += 1
        return AskedOfLimit(
            who,
            ACTORS[who],
            deed,
            language,
            key=f"limit-{self._keys}",
            reason="too many at once",
            version=now if draw < 0.75 else before if draw < 0.95 else None,
            limit=dice.randint(1, 4) if deed is LimitDeed.OVERRIDE else None,
            until=self._until() if deed is LimitDeed.OVERRIDE or (deed is LimitDeed.CLOSE and draw < 0.6) else None,
        )

    def _looked(self, language: str) -> tuple[int, int]:
        """What the console shows him: how often it was overridden, and the limit in force; over all there is none."""
        ledger = self.world.ledger
        return ledger.overrides.versions[language], ledger.limits.get(language, 0)

    def _until(self) -> int:
        """On a whole second."""
        return self.world.scheduler.now // 1000 * 1000 + self.dice.choice(LASTS_S) * 1000

    def _another(self, asked: AskedOfLimit) -> AskedOfLimit:
        other = LimitDeed.CLOSE if asked.deed is not LimitDeed.CLOSE else LimitDeed.OPEN
        return replace(asked, deed=other, limit=None, until=None, reason="another thing")

    # -- what the tables say of it

    def counted(self, record: StreamRecord, invocation: Invocation) -> None:
        """The item of a counter, or that of all, was written."""
        ledger = self.world.ledger
        write = ledger.overrides.sees(record, invocation, self.world.scheduler.now)
        if write is not None and (write.of_override or write.old.get("limit") != write.new.get("limit")):
            self.world.judge.judge(When.LIMITED, ledger, write)

    def sees(self, invocation: Invocation) -> None:
        """A call was carried out by somebody who may act."""
        if invocation.function != API or not self._keys:
            return
        for language in (*LANGUAGES, ALL):
            self.world.judge.judge(When.OVERRIDDEN, self.world.ledger, self.world.acts, limit_target(language))

    def returned(self, invocation: Invocation, outcome: Outcome) -> None:
        """Whatever run of the checker came to its end last has had the last word on limits."""
        if invocation.function == CHECKER and not outcome.failed:
            now, offset = self.world.scheduler.now, invocation.container.offset_ms
            self.world.ledger.overrides.checked = invocation.started, now, offset
