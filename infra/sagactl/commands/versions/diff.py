"""`sagactl diff`: which sagas of a stack this code would not go on with, before it is deployed."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.versions.standing import Fate, Judgement, judge
from sagactl.acting.records import now_ms
from sagactl.connection import Target
from sagactl.deployment import deployment
from sagactl.errors import NotDoneError
from sagactl.options import on_stack
from sagactl.outlet import number_of, show, table
from sagactl.table.sagas import Facts, Unreadable, readable, tell_unreadable
from sagas import SAGAS

_EXAMPLES = 3
_COLUMNS = ("saga", "version", "is", "at step", "sagas", "would", "because", "such as")
_WOULD = {
    Fate.SET_ASIDE: "be set aside",
    Fate.RETRIED: "be retried for ever",
    Fate.FORGETS: "forget an event",
}


@dataclass(frozen=True, order=True)
class Place:
    """What sagas that have the same fate have in common."""

    saga_name: str
    version: int
    state: str
    step: str
    fate: str
    reason: str


@dataclass
class Survey:
    """Counts, and a few keys of each: a table may hold millions."""

    judged: int = 0
    found: dict[Place, list[str]] = field(default_factory=dict)
    counts: dict[Place, int] = field(default_factory=dict)

    def add(self, saga: Saga, judgement: Judgement) -> None:
        self.judged += 1
        if judgement.fate is Fate.GOES_ON:
            return
        state = "ended" if saga.state.is_terminal else str(saga.state)
        step, why = judgement.step or "", str(judgement.why)
        place = Place(saga.saga_name, saga.definition_version, state, step, judgement.fate, why)
        self.counts[place] = self.counts.get(place, 0) + 1
        examples = self.found.setdefault(place, [])
        if len(examples) < _EXAMPLES:
            examples.append(saga.execution_id)

    @property
    def concerned(self) -> int:
        return sum(self.counts.values())

    def facts(self) -> list[Facts]:
        return [
            {**asdict(place), "step": place.step or None, "count": count, "execution_ids": self.found[place]}
            for place, count in sorted(self.counts.items())
        ]


@on_stack
def diff(target: Target) -> None:
    """Name the sagas that this code would not go on with: run it from the new code, before that is deployed.

    Of each definition, version and step: how many, what would become of them, why, and a few ids. Sagas that have
    ended count while a late answer may still ask them for an undo, or what they sent may not be published yet. The
    exit code is 1 where there are any.

    Reads the whole table, and changes nothing.
    """
    stack, unreadable = deployment(target), list[Unreadable]()
    survey = surveyed(readable(stack, unreadable), SAGAS, now_ms())
    found = survey.facts()
    facts: Facts = {
        "stack": stack.stack_name,
        "judged": survey.judged,
        "concerned": survey.concerned,
        "found": found,
        "unreadable": [asdict(each) for each in unreadable],
    }
    here = f"{number_of(survey.judged, 'saga')} of {stack.stack_name}"
    title = f"{survey.concerned} of {here}" if found else f"this code goes on with every one of {here}"
    show(target.output, facts, table(title, _COLUMNS, map(_row, found)))
    tell_unreadable(unreadable)
    if found:
        raise NotDoneError(f"this code would not go on with {survey.concerned} of {here}: keep their versions in it")


def surveyed(sagas: Iterable[Saga], known: SagaRegistry, now: int) -> Survey:
    """One look at each."""
    survey = Survey()
    for saga in sagas:
        survey.add(saga, judge(saga, known, now))
    return survey


def _row(fact: Facts) -> tuple[object, ...]:
    more = " ..." if fact["count"] > len(fact["execution_ids"]) else ""
    such_as = ", ".join(fact["execution_ids"]) + more
    place = (fact["saga_name"], fact["version"], fact["state"], fact["step"])
    return (*place, fact["count"], _WOULD[fact["fate"]], fact["reason"], such_as)
