"""Bugs in limits that people override: in what they put there, in what a check makes of it, and in its acts."""

from typing import Final

from saga_orchestrator.adapters.counters.claims import Claims
from saga_orchestrator.adapters.counters.counter_writes import changing, counting, overriding
from saga_orchestrator.adapters.operators.slot_table import SlotTable
from saga_orchestrator.application.keep_limits import LimitKeeper
from saga_orchestrator.application.limiting.overriding import OverrideLimits
from saga_orchestrator.domain.counters import Head
from tests.proof.simulation.faults.code_edits import Mutant, edit

LIMIT_MUTANTS: Final = (
    Mutant(
        "an override is the limit at once",
        "S23",
        edit(
            overriding,
            "sets={OVERRIDE: from_override(override)}",
            'sets={OVERRIDE: from_override(override), "limit": number(override.limit)}',
        ),
    ),
    Mutant(
        "an override moves gen",
        "S23",
        edit(overriding, "adds={VERSION: number(1)}", 'adds={VERSION: number(1), "gen": number(1)}'),
    ),
    Mutant(
        "a check takes the override away that it has brought into force",
        "S23",
        edit(
            changing, "        sets=_head(wanted),\n", '        sets=_head(wanted),\n        removes=("override",),\n'
        ),
    ),
    Mutant("an override that expired still counts", "S23b", edit(Head.limit_for, "each.stands(now)", "bool(now)")),
    Mutant("the older of two overrides counts", "S23b", edit(Head.limit_for, "max(standing", "min(standing")),
    Mutant(
        "what stands over all is a language's own to leave",
        "S7b",
        edit(Head.limit_for, "(self.override, self.over_all)", "(self.override,)"),
    ),
    Mutant(
        "a check goes by settings alone",
        "S7b",
        edit(LimitKeeper._wanted, "head.limit_for(int(limit), self.clock())", "int(limit)"),
    ),
    Mutant(
        "full is told as closed",
        "S23c",
        edit(Claims._look, "NoRoom(closed=reading.head.limit == 0)", "NoRoom(closed=True)"),
    ),
    Mutant(
        "nothing is given back where an override stands",
        "L4",
        edit(
            counting,
            '("n < cap",) if change > 0 else ()',
            '("n < cap",) if change > 0 else ("attribute_not_exists(override)",)',
        ),
    ),
    Mutant(
        "an act on a limit without its change",
        "A9",
        edit(SlotTable.override, "transact([put, update])", "transact([put])"),
    ),
    Mutant(
        "an override without its act",
        "A9",
        edit(
            SlotTable.override,
            "refused = self.acts.writes.transact([put, update])",
            "refused = self.acts.writes.transact([update, update][:1])",
        ),
    ),
    Mutant(
        "of two who override at once both are taken",
        "A9",
        edit(
            overriding,
            '(f"{VERSION} = :read_version",)',
            '(f"{VERSION} >= :read_version",)',
        ),
    ),
    Mutant(
        "whoever opens leaves the override",
        "A9",
        edit(overriding, "removes=(OVERRIDE,)", "removes=()"),
    ),
    Mutant(
        "a limit is overridden whatever was seen",
        "A3",
        edit(OverrideLimits._judged, "(wished.version, wished.seen)", "(None, wished.seen)"),
    ),
)
