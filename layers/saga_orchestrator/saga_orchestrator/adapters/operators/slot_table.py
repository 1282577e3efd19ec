"""Slots for people who operate: what is taken of what, and overrides, each written with its act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from saga_orchestrator.adapters.counters.counter_items import (
    counter_key,
    directory_key,
    to_head,
    to_override,
    to_version,
)
from saga_orchestrator.adapters.counters.counter_table import CounterTable, languages_in
from saga_orchestrator.adapters.counters.counter_writes import overriding
from saga_orchestrator.application.judging import Written
from saga_orchestrator.application.limiting.overriding import ALL, Standing
from saga_orchestrator.domain.counters import Head, Override, Reading
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.operating.acts import Act, ActKey

from .act_items import ActTable, put_of
from .counter_reads import CounterReads

_OPENED: Final = "attribute_exists(gen)"
"""Of a counter that was ever limited: nothing is made here."""


@dataclass(frozen=True, slots=True)
class SlotTable:
    """Implements the application's `LimitStore` and `SlotReads`."""

    counters: CounterTable
    acts: ActTable

    def languages(self) -> tuple[Sequence[str], Standing]:
        """Every one that was ever limited, and what stands over all."""
        directory = self.counters.get(directory_key())
        over_all = Standing(ALL, to_version(directory), to_override(directory), None)
        return languages_in(directory), over_all

    def heads(self, languages: Sequence[str], over_all: Override | None) -> Mapping[str, Head | RetryableError]:
        return self.counters.heads_of(languages, over_all)

    def readings(self, heads: Mapping[str, Head]) -> Mapping[str, Reading | RetryableError]:
        return CounterReads(self.counters).readings(heads)

    def standing(self, language: str) -> Standing | None:
        """Strongly consistent; None where the language was never limited."""
        if language == ALL:
            return self.languages()[1]
        head = to_head(self.counters.get(counter_key(language, 0)))
        return Standing(language, head.version, head.override, head.limit) if head is not None else None

    def find(self, act_id: ActKey) -> Act | None:
        return self.acts.find(act_id)

    def override(self, standing: Standing, override: Override | None, act: Act) -> Written:
        of_all = standing.language == ALL
        write = overriding(directory_key() if of_all else counter_key(standing.language, 0), standing.version, override)
        if not of_all:
            write = replace(write, conditions=(*write.conditions, _OPENED))
        # The act before the counter: its own repetition is told from what others did meanwhile.
        put, update = {"Put": put_of(self.acts.table, act)}, {"Update": write.request(self.counters.table)}
        refused = self.acts.writes.transact([put, update])
        if refused is None:
            return Written.DONE
        return Written.ACTED if refused.position == 0 else Written.CHANGED
