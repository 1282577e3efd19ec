"""A proof in words: what was looked at and how far, what was reached and what was not, and what it comes to."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from saga_testing.proving import Effort, Proof, in_short, lines_of, possible, so_many
from sagactl.outlet import number_of, table

COMPLETE = "complete"
MOST_NAMED = 6
"""More are only in the table."""
Reached = dict[str, tuple[list[str], list[str]]]


@dataclass(frozen=True, slots=True)
class Part:
    """One way of looking. `cut`: where it stopped before its end."""

    what: str
    seen: str
    cut: str | None

    @property
    def how_far(self) -> str:
        return f"stopped at {self.cut}" if self.cut is not None else COMPLETE

    def facts(self) -> dict[str, Any]:
        return {"what": self.what, "seen": self.seen, "complete": self.cut is None, "how_far": self.how_far}


@dataclass(frozen=True)
class Report:
    """What a proof has to say, and no more than it saw."""

    proof: Proof
    attribute: str
    effort: Effort
    stopped: bool = False
    _rows: Reached = field(init=False)
    _parts: tuple[Part, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", _rows_of(self.proof))
        object.__setattr__(self, "_parts", (self._runs(), self._mishaps(), self._schedules(), self._worlds()))

    @property
    def wrong(self) -> str:
        if self.proof.finding is not None:
            return in_short(self.proof.finding.wrong)
        return "; ".join(self.proof.impure)

    @property
    def is_complete(self) -> bool:
        return not self.stopped and all(part.cut is None for part in self._parts)

    @property
    def missing(self) -> list[str]:
        """Of a step that was never needed that alone: with these inputs there is no more to it."""
        told = []
        for place, (reached, missing) in self._rows.items():
            if reached == ["skipped"]:
                told.append(f"{place}: its condition held for no input")
            else:
                told += [f"{place}: {what}" for what in missing]
        return told

    def facts(self) -> dict[str, Any]:
        proof = self.proof
        return {
            "saga_name": proof.definition.name,
            "version": proof.definition.version,
            "holds": proof.holds and not self.stopped,
            "complete": self.is_complete,
            "stopped": self.stopped,
            "said": self._verdict(),
            "wrong": self.wrong or None,
            "replay": self._replay(),
            "impure": proof.impure,
            "inputs": [dict(subject.input) for subject in proof.subjects],
            "settings": dict(proof.subjects[0].settings),
            "seeds": {"first": self.effort.seed, "worlds": proof.worlds},
            "looked_at": [part.facts() for part in self._parts],
            "functions": self._functions(),
            "reached": {place: reached for place, (reached, _) in self._rows.items()},
            "not_reached": {place: missing for place, (_, missing) in self._rows.items() if missing},
        }

    def people(self) -> list[Any]:
        rows = [
            (place, ", ".join(reached) or "-", ", ".join(missing) or "-")
            for place, (reached, missing) in self._rows.items()
        ]
        title = f"{self.proof.definition.name}, version {self.proof.definition.version}"
        parts = [(part.what, part.seen, part.how_far) for part in self._parts]
        told = [
            table(title, ("step", "reached", "not reached"), rows),
            table("", ("what was looked at", "how much", "how far"), parts),
            self._functions(),
        ]
        replay = self._replay()
        if replay:
            told += ["", "Replay it:", "", *(f"    {line}" for line in replay)]
        return [*told, *(f"impure: {each}" for each in self.proof.impure), "", self._verdict()]

    def _verdict(self) -> str:
        name, missing = self.proof.definition.name, self.missing
        if not self.proof.holds:
            return f"{name} does not hold: {self.wrong}"
        if not self.is_complete:
            told = f"{name}: nothing is wrong in what was seen, which is not all that was to be seen"
            further = "" if self.stopped else "; a greater --seconds sees more"
        else:
            told, further = f"{name} is proven within these bounds", ""
        if not missing:
            return f"{told}{further}; everything in the table was reached"
        more = f"--depth {self.effort.depth + 1} or more --worlds may reach it"
        which = f"not reached: {', '.join(missing)}"
        if len(missing) > MOST_NAMED:
            which = f"{len(missing)} places of the table were not reached"
        return f"{told}{further}; {which} ({more})"

    def _replay(self) -> list[str]:
        return lines_of(self.proof.finding, self.attribute) if self.proof.finding is not None else []

    # -- what was looked at

    def _runs(self) -> Part:
        proof, depth = self.proof, self.effort.depth
        seen = f"{number_of(proof.situations, 'situation')} of {number_of(len(proof.subjects), 'input')}"
        done = f"every run with at most {so_many(proof.depth_seen)}" if proof.depth_seen >= 0 else "no run to its end"
        cut = (
            None if proof.depth_seen == depth else f"{done}; of those with {so_many(proof.depth_seen + 1)} only a part"
        )
        return Part(f"every run with at most {so_many(depth)}", seen, cut)

    def _mishaps(self) -> Part:
        proof = self.proof
        cut = None if proof.all_mishaps else f"{proof.mishaps}"
        return Part("every fault of AWS at every call of each delivery", number_of(proof.mishaps, "fault"), cut)

    def _schedules(self) -> Part:
        proof = self.proof
        cut = None if proof.all_schedules else f"{proof.schedules}"
        return Part("two and three deliveries at the same time", number_of(proof.schedules, "schedule"), cut)

    def _worlds(self) -> Part:
        proof, wanted, first = self.proof, self.effort.worlds, self.effort.seed
        last = first + proof.worlds - 1
        seeds = "" if not proof.worlds else f", seed {first}" if first == last else f", seeds {first} to {last}"
        cut = None if proof.worlds == wanted else f"{proof.worlds} of {wanted}"
        return Part("seeded worlds on the real functions", f"{number_of(proof.worlds, 'world')}{seeds}", cut)

    def _functions(self) -> str:
        if not self.proof.was_called_twice:
            return "its functions were not called a second time"
        if self.proof.impure:
            return "its functions do not always answer alike"
        return "its functions answer alike at other times and under other hash seeds"


def _rows_of(proof: Proof) -> Reached:
    """By step, undo and saga: what was reached and what was not, in the order of the definition."""
    rows: Reached = defaultdict(lambda: ([], []))
    known = possible(proof.definition)
    for place, what in known:
        rows[place][0 if (place, what) in proof.coverage.reached else 1].append(what)
    for place, what in proof.coverage.reached:
        if (place, what) not in known:
            rows[place][0].append(what)
    return dict(rows)
