"""`sagactl migrate`: move running sagas to a newer version of their definition, after it was deployed."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Annotated

import typer

from saga_orchestrator.adapters.operators.acting_sagas import ActingSagas
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.application.versions.migrate_sagas import Became, MigrateSagas, Moved
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.errors import RejectedEvent, RetryableError
from saga_orchestrator.domain.operating.acts import names_a_saga, problem_of_reason, saga_target
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.versions.moving import Obstacle, Refusal, refusal_of
from saga_orchestrator.domain.versions.standing import stands_at
from sagactl.acting.actor import acting
from sagactl.acting.records import act_of, act_table, as_aws_said, now_ms
from sagactl.acting.ways import Actor, Why
from sagactl.asking import agreed, progress
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import REFUSALS, NotDoneError, NotUsableError
from sagactl.options import explain, on_stack
from sagactl.outlet import number_of, show, table, tell
from sagactl.table.sagas import Facts, Unreadable, readable, tell_unreadable
from sagactl.table.store import store_of
from sagas import SAGAS

_ALREADY = "already"
_ENDED = "ended"
_OUTCOMES = {Obstacle.NOT_OLDER: _ALREADY, Obstacle.ENDED: _ENDED}
_COLUMNS = ("saga", "version", "at step", "what", "because")


@dataclass(frozen=True)
class Fallen:
    """One saga that was wanted, and was not moved by this."""

    execution_id: str
    version: int | None
    step: str | None
    outcome: str
    because: str | None


@dataclass
class Wanted:
    """What one look at the table finds: keys of those that can move, and why the others cannot."""

    to: SagaDefinition
    sagas: SagaRegistry
    movable: list[str] = field(default_factory=list)
    left: list[Fallen] = field(default_factory=list)
    has_begun: bool = False
    """Some saga of the stack is under the version already: it was deployed."""

    def look_at(self, saga: Saga, *, named: bool) -> None:
        """`named`: somebody asked for this very saga, so that it is told of whatever it is."""
        if saga.saga_name != self.to.name:
            return
        if saga.definition_version == self.to.version and not saga.is_stub:
            self._compare(saga)
        is_candidate = not (saga.is_stub or saga.state.is_terminal) and saga.definition_version < self.to.version
        if not (is_candidate or named):
            return
        refusal = refusal_of(saga, self.to, self.sagas)
        if refusal is None:
            self.movable.append(saga.execution_id)
        else:
            self.left.append(_refused(saga, refusal, self.sagas))

    def _compare(self, saga: Saga) -> None:
        self.has_begun = True
        if saga.definition_hash not in {None, self.to.fingerprint} and not saga.state.is_terminal:
            raise NotUsableError(
                f"version {self.to.version} of {self.to.name} is another one here than {saga.execution_id} began "
                "under: use the code that is deployed"
            )


@on_stack
def migrate(
    target: Target,
    name: Annotated[str, typer.Argument(help="Which definition, such as order_saga.", metavar="NAME")],
    to: Annotated[int | None, typer.Option("--to", help="The version; by default the newest of this code.")] = None,
    saga: Annotated[
        list[str] | None, typer.Option("--saga", help="Only this one, by its key; may be given several times.")
    ] = None,
    reason: Why = "",
    actor: Actor = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")] = False,
) -> None:
    """Move running sagas of a definition to a newer version, once that is deployed everywhere.

    A saga can move when the steps that it has taken and skipped are exactly the first of the new version, send the
    same messages, and have told all that the new version reads. What cannot move goes on as it is, and is named with
    its reason; then the exit code is 1. Nothing is sent again, and what is due stays due.

    Each saga is one write, on exactly the version of it that was judged, with a record of who did it and why. A saga
    that is written meanwhile is judged again. Without --saga the whole table is read; how many can move is shown, and
    asked, before anything is written.
    """
    definition = _wanted(name, to, SAGAS)
    if problem := problem_of_reason(reason):
        raise NotUsableError(problem)
    stack, unreadable = deployment(target), list[Unreadable]()
    mover = MigrateSagas(_store(stack), SAGAS, definition, now_ms)
    found = _named(mover, saga) if saga else _all_of(readable(stack, unreadable), definition)
    tell_unreadable(unreadable)
    moved: list[str] = []
    left = list(found.left)
    if found.movable:
        for each in left:
            tell(f"{each.execution_id} will not move: {each.because}")
        if not found.has_begun and not saga:
            tell(f"no saga of this stack has begun under version {definition.version} yet: is it deployed?")
        question = f"Move {number_of(len(found.movable), 'saga')} of {name} to version {definition.version}"
        agreed(stack, f"{question}{f', leaving {len(left)}' if left else ''}", yes=yes)
        move = _mover(mover, acting(stack.connection, actor), reason)
        for key in progress(found.movable, "moving"):
            fallen = _moved(move, key, len(moved))
            moved += [] if fallen else [key]
            left += [fallen] if fallen else []
    # What ended by itself meanwhile is nobody's trouble, unless it was asked for by its key.
    done = {_ALREADY} if saga else {_ALREADY, _ENDED}
    _told(target, definition, moved, left, unreadable)
    if open_ones := [each for each in left if each.outcome not in done]:
        raise NotDoneError(f"{number_of(len(open_ones), 'saga')} of {name} not moved to version {definition.version}")


def _wanted(name: str, to: int | None, sagas: SagaRegistry) -> SagaDefinition:
    versions = {each.version: each for each in sagas.definitions if each.name == name}
    if not versions:
        known = ", ".join(sorted(each.name for each in sagas))
        raise NotUsableError(f"this code has no saga {name}; it has: {known}")
    if sagas.named(name) in sagas.of_executions:
        raise NotUsableError(f"{name} is an execution's: all of its sagas go by the newest version, none has to move")
    definition = versions.get(max(versions) if to is None else to)
    if definition is None:
        raise NotUsableError(
            f"this code has no version {to} of {name}; it has: {', '.join(map(str, sorted(versions)))}"
        )
    return definition


def _all_of(sagas: Iterable[Saga], to: SagaDefinition) -> Wanted:
    wanted = Wanted(to, SAGAS)
    for saga in sagas:
        wanted.look_at(saga, named=False)
    return wanted


def _named(mover: MigrateSagas, keys: list[str]) -> Wanted:
    wanted = Wanted(mover.to, mover.sagas)
    for key in dict.fromkeys(keys):
        if not names_a_saga(mover.to.name, key):
            raise NotUsableError("a saga's key has 1 to 64 letters, digits, '_' and '-'")
        try:
            with as_aws_said():
                saga = mover.store.get(key, mover.to.name)
        except RejectedEvent as unreadable:
            wanted.left.append(Fallen(key, None, None, "unreadable", unreadable.detail))
            continue
        if saga is None:
            wanted.left.append(Fallen(key, None, None, Became.GONE, "there is no such saga"))
        else:
            wanted.look_at(saga, named=True)
    return wanted


def _store(stack: Deployment) -> ActingSagas:
    return ActingSagas(store_of(stack, Policy()), act_table(stack))


def _mover(mover: MigrateSagas, actor: str, reason: str) -> Callable[[str], Moved]:
    def move(key: str) -> Moved:
        target = saga_target(mover.to.name, key)
        arguments = {"to": mover.to.version}
        return mover.move(key, act_of(target, "migrate", actor, reason=reason, result="done", arguments=arguments))

    return move


def _moved(move: Callable[[str], Moved], key: str, done: int) -> Fallen | None:
    """What kept this one, or None. What AWS refuses for one it may refuse for all: that ends the command."""
    try:
        moved = move(key)
    except RetryableError as unsettled:
        cause = unsettled.__cause__
        if not isinstance(cause, REFUSALS):
            return Fallen(key, None, None, Became.BUSY, str(unsettled))
        if not done:
            raise cause from None
        message = f"{number_of(done, 'saga')} moved, then {explain(cause)}; the same again moves what is left"
        raise NotDoneError(message) from unsettled
    except RejectedEvent as rejected:
        return Fallen(key, None, None, "unreadable", rejected.detail)
    except REFUSALS:
        raise
    except Exception as bug:  # noqa: BLE001 - the boundary between sagas: whatever it is, it is this one's
        return Fallen(key, None, None, "failed", unexpected(bug).detail)
    match moved:
        case Moved(became=Became.MOVED):
            return None
        case Moved(became=Became.REFUSED, saga=Saga() as saga, refusal=Refusal() as refusal):
            return _refused(saga, refusal, SAGAS)
        case Moved(became=became, saga=saga):
            because = "it was written all the time" if became is Became.BUSY else "it is gone"
            return Fallen(key, saga.definition_version if saga else None, None, became, because)


def _refused(saga: Saga, refusal: Refusal, sagas: SagaRegistry) -> Fallen:
    step = stands_at(saga, sagas)
    outcome = _OUTCOMES.get(refusal.obstacle, str(Became.REFUSED))
    return Fallen(saga.execution_id, saga.definition_version, step, outcome, str(refusal))


def _told(
    target: Target, to: SagaDefinition, moved: list[str], left: list[Fallen], unreadable: list[Unreadable]
) -> None:
    facts: Facts = {
        "saga_name": to.name,
        "version": to.version,
        "moved": moved,
        "left": [asdict(each) for each in left],
        "unreadable": [asdict(each) for each in unreadable],
    }
    title = f"{number_of(len(moved), 'saga')} of {to.name} moved to version {to.version}, {len(left)} left"
    rows = [(each.execution_id, each.version, each.step, each.outcome, each.because) for each in left]
    show(target.output, facts, table(title, _COLUMNS, rows))
