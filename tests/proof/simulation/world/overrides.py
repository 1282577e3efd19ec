"""What stands in the place of limits, as the counters' items have it, and what must be in force by that."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from saga_testing.aws.dynamodb.stream_record import StreamRecord
from tests.proof.simulation.world.lambda_service import Invocation
from tests.proof.simulation.world.saga_image import COUNTER, Image

ALL: Final = "all"
DIRECTORY: Final = "#counters"
OVERRIDE, VERSION = "override", "ov"
KEY: Final = ("execution_id", "saga_name")


@dataclass(frozen=True, slots=True)
class Instead:
    """One override as it is stored, read without the production code."""

    limit: int
    at: int
    until: int | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class CounterWrite:
    """One committed write of the item that an override would stand on: a language's first shard, or the directory."""

    language: str
    old: Image
    new: Image
    invocation: Invocation
    now: int

    @property
    def of_override(self) -> bool:
        return any(self.old.get(name) != self.new.get(name) for name in (OVERRIDE, VERSION))

    @property
    def touched(self) -> set[str]:
        """Of what is in force, the item's key apart."""
        names = {*self.old, *self.new} - {OVERRIDE, VERSION, *KEY}
        return {name for name in names if self.old.get(name) != self.new.get(name)}


@dataclass(slots=True, eq=False)
class Overrides:
    """`history`: by language, or for all, what came when; `made` the versions that the API's writes have made."""

    history: dict[str, list[tuple[int, Instead | None]]] = field(default_factory=dict)
    versions: Counter[str] = field(default_factory=Counter)
    made: dict[str, list[tuple[int, Instead | None]]] = field(default_factory=dict)
    closed: dict[str, int | None] = field(default_factory=dict)
    """Languages of which nothing could be taken: until when; None: still."""
    checked: tuple[int, int, int] = (0, 0, 0)
    """When the last run of the checker began and ended, and how far its clock was off."""

    @property
    def any(self) -> bool:
        return bool(self.versions)

    def sees(self, record: StreamRecord, invocation: Invocation, now: int) -> CounterWrite | None:
        """Book a write of a counter's head or of the directory; None for anything else."""
        key, name = record.keys["execution_id"]["S"], record.keys["saga_name"]["S"]
        if name == COUNTER and key.endswith("#0"):
            language = key.split("#")[2]
        elif name == DIRECTORY:
            language = ALL
        else:
            return None
        write = CounterWrite(language, record.old_image or {}, record.new_image or {}, invocation, now)
        if write.of_override:
            version, instead = int(write.new.get(VERSION, {"N": "0"})["N"]), _instead(write.new)
            self.versions[language] = version
            self.history.setdefault(language, []).append((now, instead))
            self.made.setdefault(language, []).append((version, instead))
        if "limit" in write.new:
            if write.new["limit"]["N"] == "0":
                self.closed[language] = None
            elif self.closed.get(language, 0) is None:
                self.closed[language] = now
        return write

    def was_closed(self, language: str, since: int) -> bool:
        until = self.closed.get(language, -1)
        return until is None or until >= since

    def right_limits(self, language: str, setting: int, since: int, now: int, offset_ms: int) -> set[int]:
        """What somebody may bring into force who began then: by what stood at any time since, and by his own clock."""
        clocks = since + offset_ms, now + offset_ms
        right = set()
        for own in self._standing(language, since):
            for over_all in self._standing(ALL, since):
                both = [each for each in (own, over_all) if each is not None]
                ends = {each.until for each in both if each.until is not None and clocks[0] <= each.until <= clocks[1]}
                for clock in {*clocks, *ends}:
                    valid = [each for each in both if each.until is None or clock < each.until]
                    newest = max(valid, key=lambda each: each.at, default=None)
                    right.add(setting if newest is None else newest.limit)
        return right

    def _standing(self, language: str, since: int) -> Iterator[Instead | None]:
        before: Instead | None = None
        for moment, instead in self.history.get(language, ()):
            if moment < since:
                before = instead
            else:
                yield instead
        yield before


def _instead(image: Image) -> Instead | None:
    if OVERRIDE not in image:
        return None
    found: dict[str, Any] = image[OVERRIDE]["M"]
    until = int(found["until"]["N"]) if "until" in found else None
    texts = (found.get(name, {"S": ""})["S"] for name in ("by", "reason"))
    return Instead(int(found["limit"]["N"]), int(found["at"]["N"]), until, *texts)
