"""`sagactl retry | resolve | skip | undo | note`: what an operator does with a step that waits for him."""

import uuid
from dataclasses import dataclass
from typing import Annotated

import typer

from saga_orchestrator.application.operate import Answer, Answered, Asked
from saga_orchestrator.application.refusals import SENTENCES
from saga_orchestrator.domain.operating.acts import Door, Role
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.saga import Saga
from sagactl.acting.actor import acting
from sagactl.acting.direct import perform
from sagactl.asking import tell_stack
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import CommandError, NotDoneError, NotFoundError, NotUsableError
from sagactl.options import on_stack
from sagactl.outlet import show
from sagactl.table.sagas import sagas_of
from sagas import SAGAS

Named = Annotated[
    str, typer.Argument(help="The execution's id, or SAGA_NAME:ID where it has several sagas.", metavar="SAGA")
]
Step = Annotated[str | None, typer.Argument(help="The parked step; may be left out where only one is parked.")]
Direct = Annotated[bool, typer.Option("--direct", help="Past every door: recorded as unverified, and rings an alarm.")]
IfMatch = Annotated[int, typer.Option("--if-match", help="The version that `show` told, and that you decided on.")]
MayMatch = Annotated[int | None, typer.Option("--if-match", help="Only if the saga still has this version.")]
Why = Annotated[str, typer.Option("--reason", help="Why; at most 200 bytes, kept with your name.")]
Actor = Annotated[str | None, typer.Option("--as", help="Who does it; by default your AWS identity.")]
Key = Annotated[str | None, typer.Option("--key", help="Of an earlier try: what was done is not done again.")]


@on_stack
def retry(
    target: Target,
    saga: Named,
    step: Step = None,
    direct: Direct = False,
    if_match: MayMatch = None,
    reason: Why = "",
    actor: Actor = None,
    key: Key = None,
) -> None:
    """Ask again for a parked step or undo: fresh attempts, back-off and time from now."""
    _act(target, _Typed(Deed.RETRY, saga, direct, reason, actor, key, step, if_match))


@on_stack
def resolve(
    target: Target,
    saga: Named,
    if_match: IfMatch,
    reason: Why,
    step: Step = None,
    direct: Direct = False,
    actor: Actor = None,
    key: Key = None,
) -> None:
    """It was done by hand: go on as if the participant had confirmed it."""
    _act(target, _Typed(Deed.RESOLVE, saga, direct, reason, actor, key, step, if_match))


@on_stack
def skip(
    target: Target,
    saga: Named,
    if_match: IfMatch,
    reason: Why,
    step: Step = None,
    direct: Direct = False,
    actor: Actor = None,
    key: Key = None,
) -> None:
    """A parked undo will not be done: go on without it."""
    _act(target, _Typed(Deed.SKIP, saga, direct, reason, actor, key, step, if_match))


@on_stack
def undo(
    target: Target,
    saga: Named,
    if_match: IfMatch,
    reason: Why,
    step: Step = None,
    direct: Direct = False,
    actor: Actor = None,
    key: Key = None,
) -> None:
    """A parked pivot did not happen: take back what is before it, once every attempt has answered."""
    _act(target, _Typed(Deed.UNDO, saga, direct, reason, actor, key, step, if_match))


@on_stack
def note(
    target: Target,
    saga: Named,
    reason: Annotated[str, typer.Argument(help="What others are to know; at most 200 bytes.", metavar="TEXT")],
    direct: Direct = False,
    actor: Actor = None,
    key: Key = None,
) -> None:
    """Leave a note on a saga, such as "I have it": nothing of it changes."""
    _act(target, _Typed(Deed.NOTE, saga, direct, reason, actor, key, None, None))


@dataclass(frozen=True)
class _Typed:
    """What the five commands take."""

    deed: Deed
    saga: str
    direct: bool
    reason: str
    actor: str | None
    key: str | None
    step: str | None = None
    version: int | None = None


def _act(target: Target, typed: _Typed) -> None:
    if not typed.direct:
        raise NotUsableError(
            "this release has no other way than --direct: past every door, recorded as unverified, with an alarm"
        )
    stack = deployment(target)
    saga_name, execution_id = _named(stack, typed.saga)
    asked = Asked(
        execution_id=execution_id,
        saga_name=saga_name,
        deed=typed.deed,
        actor=acting(stack.connection, typed.actor),
        role=Role.BREAK_GLASS,
        door=Door.DIRECT,
        key=typed.key or uuid.uuid4().hex,
        reason=typed.reason,
        step=typed.step,
        version=typed.version,
    )
    tell_stack(stack)
    _told(target, asked, perform(stack, SAGAS, asked))


def _named(stack: Deployment, saga: str) -> tuple[str, str]:
    """Name and key of the one saga that is meant."""
    saga_name, joined, execution_id = saga.partition(":")
    if joined:
        return saga_name, execution_id
    names = sorted(found.saga_name for found in sagas_of(stack, saga))
    if len(names) > 1:
        raise NotUsableError(f"{saga} has several sagas; name one: {', '.join(f'{name}:{saga}' for name in names)}")
    return names[0], saga


def _told(target: Target, asked: Asked, answer: Answer) -> None:
    saga = answer.saga
    if saga is None or answer.answered not in {Answered.DONE, Answered.REPLAYED}:
        raise _error(asked, answer)
    facts = {
        "execution_id": asked.execution_id,
        "saga_name": asked.saga_name,
        "verb": str(asked.deed),
        "answered": str(answer.answered),
        "state": str(saga.state),
        "version": saga.version,
        "actor": asked.actor,
        "key": asked.key,
    }
    before = ", as it was before" if answer.answered is Answered.REPLAYED else ""
    show(target.output, facts, f"{saga.saga_id}: {asked.deed} done{before}; {_state(saga)}, version {saga.version}")


def _state(saga: Saga) -> str:
    parked = ", ".join(entry.step for entry in saga.ledger.parked)
    return f"{saga.state}, parked: {parked}" if parked else str(saga.state)


def _error(asked: Asked, answer: Answer) -> CommandError:
    """One line, and what to do."""
    match answer.answered:
        case Answered.UNKNOWN:
            return NotFoundError(f"no saga {asked.saga_name} for execution {asked.execution_id}")
        case Answered.CHANGED:
            now = answer.saga.version if answer.saga else "another"
            return NotDoneError(f"its version is {now}, not {asked.version}: look at it again, then decide")
        case Answered.KEY_REUSED:
            return NotUsableError("the key stands for something else that you did to this saga: take another")
        case Answered.REFUSED:
            return NotDoneError(f"{answer.code}: {SENTENCES.get(str(answer.code), 'nothing was changed')}")
        case _:
            return NotUsableError(answer.code or str(answer.answered))
