"""`sagactl retry | resolve | skip | undo | note`: what an operator does with a step that waits for him."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from saga_orchestrator.application.judging import Answered, Hand
from saga_orchestrator.application.operate import Answer, Asked
from saga_orchestrator.application.refusals import SENTENCES
from saga_orchestrator.domain.operating.acts import Door, Role
from saga_orchestrator.domain.operating.authority import Deed
from sagactl.acting.actor import acting
from sagactl.acting.direct import perform
from sagactl.acting.over_http import HttpApi
from sagactl.acting.ways import Actor, Api, Key, Why
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


@on_stack
def retry(  # noqa: PLR0913, PLR0917 - each is an option of the command
    target: Target,
    saga: Named,
    step: Step = None,
    direct: Direct = False,
    api: Api = None,
    if_match: MayMatch = None,
    reason: Why = "",
    actor: Actor = None,
    key: Key = None,
) -> None:
    """Ask again for a parked step or undo: fresh attempts, back-off and time from now."""
    _act(target, _Typed(Deed.RETRY, saga, direct, api, reason, actor, key, step, if_match))


@on_stack
def resolve(  # noqa: PLR0913, PLR0917 - each is an option of the command
    target: Target,
    saga: Named,
    if_match: IfMatch,
    reason: Why,
    step: Step = None,
    direct: Direct = False,
    api: Api = None,
    actor: Actor = None,
    key: Key = None,
) -> None:
    """It was done by hand: go on as if the participant had confirmed it."""
    _act(target, _Typed(Deed.RESOLVE, saga, direct, api, reason, actor, key, step, if_match))


@on_stack
def skip(  # noqa: PLR0913, PLR0917 - each is an option of the command
    target: Target,
    saga: Named,
    if_match: IfMatch,
    reason: Why,
    step: Step = None,
    direct: Direct = False,
    api: Api = None,
    actor: Actor = None,
    key: Key = None,
) -> None:
    """A parked undo will not be done: go on without it."""
    _act(target, _Typed(Deed.SKIP, saga, direct, api, reason, actor, key, step, if_match))


@on_stack
def undo(  # noqa: PLR0913, PLR0917 - each is an option of the command
    target: Target,
    saga: Named,
    if_match: IfMatch,
    reason: Why,
    step: Step = None,
    direct: Direct = False,
    api: Api = None,
    actor: Actor = None,
    key: Key = None,
) -> None:
    """A parked pivot did not happen: take back what is before it, once every attempt has answered."""
    _act(target, _Typed(Deed.UNDO, saga, direct, api, reason, actor, key, step, if_match))


@on_stack
def note(
    target: Target,
    saga: Named,
    reason: Annotated[str, typer.Argument(help="What others are to know; at most 200 bytes.", metavar="TEXT")],
    direct: Direct = False,
    api: Api = None,
    actor: Actor = None,
    key: Key = None,
) -> None:
    """Leave a note on a saga, such as "I have it": nothing of it changes."""
    _act(target, _Typed(Deed.NOTE, saga, direct, api, reason, actor, key, None, None))


@dataclass(frozen=True)
class _Typed:
    """What the five commands take."""

    deed: Deed
    saga: str
    direct: bool
    api: str | None
    reason: str
    actor: str | None
    key: str | None
    step: str | None = None
    version: int | None = None


def _act(target: Target, typed: _Typed) -> None:
    stack = deployment(target)
    if typed.direct:
        return _directly(target, stack, typed)
    api = HttpApi.of(stack, typed.api)
    if api is None:
        raise NotUsableError(
            f"stack {stack.stack_name} has no HTTP API: deploy it with Api=iam; in an emergency there is --direct: "
            "past every door, recorded as unverified, with an alarm"
        )
    return _over_http(target, api, typed)


def _over_http(target: Target, api: HttpApi, typed: _Typed) -> None:
    if typed.actor is not None:
        raise NotUsableError("--as goes with --direct alone: the API knows who signed")
    actor = str(api.get("me").part("actor"))
    saga_name, joined, execution_id = typed.saga.partition(":")
    if not joined:
        saga_name, execution_id = _only(typed.saga, api.names_of(typed.saga))
    asked = _asked(typed, saga_name, execution_id, actor, Role.OPERATOR, Door.IAM)
    tell_stack(api.stack)
    told = api.perform(asked)
    saga = told.part("saga")
    answered = Answered.REPLAYED if told.part("replayed") else Answered.DONE
    _show(target, asked, answered, saga["state"], saga["parked"], saga["version"])


def _directly(target: Target, stack: Deployment, typed: _Typed) -> None:
    if typed.api is not None:
        raise NotUsableError("--api and --direct are two ways: choose one")
    saga_name, joined, execution_id = typed.saga.partition(":")
    if not joined:
        names = [found.saga_name for found in sagas_of(stack, typed.saga)]
        saga_name, execution_id = _only(typed.saga, names)
    actor = acting(stack.connection, typed.actor)
    asked = _asked(typed, saga_name, execution_id, actor, Role.BREAK_GLASS, Door.DIRECT)
    tell_stack(stack)
    answer = perform(stack, SAGAS, asked)
    saga = answer.saga
    if saga is None or not answer.answered.is_done:
        raise _error(asked, answer)
    parked = [entry.step for entry in saga.ledger.parked]
    _show(target, asked, answer.answered, str(saga.state), parked, saga.version)


def _asked(typed: _Typed, saga_name: str, execution_id: str, actor: str, role: Role, door: Door) -> Asked:
    return Asked(
        hand=Hand(actor=actor, role=role, door=door, key=typed.key or uuid.uuid4().hex, reason=typed.reason),
        execution_id=execution_id,
        saga_name=saga_name,
        deed=typed.deed,
        step=typed.step,
        version=typed.version,
    )


def _only(execution_id: str, names: Sequence[str]) -> tuple[str, str]:
    """Name and key of the one saga that is meant."""
    if len(names) > 1:
        named = ", ".join(f"{name}:{execution_id}" for name in sorted(names))
        raise NotUsableError(f"{execution_id} has several sagas; name one: {named}")
    return names[0], execution_id


def _show(target: Target, asked: Asked, answered: Answered, state: str, parked: list[str], version: int) -> None:
    facts = {
        "execution_id": asked.execution_id,
        "saga_name": asked.saga_name,
        "verb": str(asked.deed),
        "answered": str(answered),
        "state": state,
        "version": version,
        "actor": asked.hand.actor,
        "key": asked.hand.key,
    }
    before = ", as it was before" if answered is Answered.REPLAYED else ""
    stands = f"{state}, parked: {', '.join(parked)}" if parked else state
    saga = f"{asked.saga_name}:{asked.execution_id}"
    show(target.output, facts, f"{saga}: {asked.deed} done{before}; {stands}, version {version}")


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
