"""`sagactl republish`: the relay sends again what sagas have emitted; consumers know the messages by their ids."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from saga_orchestrator.domain.saga import Saga
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import NotDoneError, NotUsableError
from sagactl.invoking import FunctionFailedError, call_function
from sagactl.options import on_stack
from sagactl.outlet import number_of, show, table
from sagactl.sagas import all_sagas, sagas_of

_PER_CALL = 20
"""Sagas for one invocation of the relay: few enough to end well within its time limit."""
_AGO = re.compile(r"(?P<number>\d+)(?P<unit>[smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Republished:
    """What the relay says it did, message ids both."""

    published: tuple[str, ...]
    skipped: tuple[str, ...]


@on_stack
def republish(
    target: Target,
    execution_id: Annotated[str | None, typer.Argument(help="One execution.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="All sagas that emitted at or after: RFC 3339 with offset, or 15m, 2h, 1d ago."),
    ] = None,
) -> None:
    """Publish messages again. A pod is only created again where it could still start."""
    if (execution_id is None) == (since is None):
        raise NotUsableError("name either one EXECUTION_ID or --since TIME")
    stack = deployment(target)
    if since is not None:
        from_millis = parse_since(since, datetime.now(UTC))
        sagas: Iterable[Saga] = emitted_since(all_sagas(stack), from_millis)
    else:
        sagas = sagas_of(stack, str(execution_id))
    done = republish_sagas(stack, [(saga.execution_id, saga.saga_name) for saga in sagas])
    facts = {"published": list(done.published), "skipped": list(done.skipped)}
    rows = [*((key, "published") for key in done.published), *((key, "skipped") for key in done.skipped)]
    title = f"{number_of(len(done.published), 'message')} published"
    show(target.output, facts, table(title, ("message", "what"), rows))


def republish_sagas(stack: Deployment, keys: list[tuple[str, str]]) -> Republished:
    """Ask the relay, a few sagas at a time; stops at the first call that fails, and says how far it came."""
    published: list[str] = []
    skipped: list[str] = []
    for begin in range(0, len(keys), _PER_CALL):
        chunk = keys[begin : begin + _PER_CALL]
        wanted = [{"execution_id": execution_id, "saga_name": saga_name} for execution_id, saga_name in chunk]
        try:
            answers = [call_function(stack, each, {"republish": wanted}).body for each in stack.relay_functions]
        except FunctionFailedError as error:
            message = f"{begin} of {len(keys)} sagas were republished, then {error}; doing it all again is harmless"
            raise NotDoneError(message) from error
        left = {message for answer in answers for message in answer["skipped"]}
        skipped += sorted(left, key=[each for answer in answers for each in answer["skipped"]].index)
        # Published is what every target has.
        published += [message for message in answers[0]["published"] if message not in left]
    return Republished(tuple(published), tuple(skipped))


def emitted_since(sagas: Iterable[Saga], millis: int) -> Iterator[Saga]:
    """Sagas that sent anything at or after that time."""
    for saga in sagas:
        if any(entry.at >= millis and entry.messages for entry in saga.timeline):
            yield saga


def parse_since(text: str, now: datetime) -> int:
    """Epoch milliseconds."""
    if match := _AGO.fullmatch(text):
        try:
            instant = now - timedelta(**{_UNITS[match["unit"]]: int(match["number"])})
        except OverflowError:
            return 0  # before there were computers, let alone sagas
    else:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError as error:
            raise NotUsableError(
                f"--since {text}: neither a time such as 2026-05-01T12:00:00Z nor 15m, 2h, 1d"
            ) from error
        if instant.tzinfo is None:
            raise NotUsableError(f"--since {text} has no offset: add Z or such as +02:00")
    return int(instant.timestamp() * 1000)
