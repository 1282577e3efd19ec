"""What was done with this command, on record. It goes past every other door, so its actor is unverified."""

import random
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import RenderableType

from saga_orchestrator.adapters.operators.act_items import ActTable, put_of
from saga_orchestrator.adapters.patient_writes import PatientWrites
from saga_orchestrator.application.describing import act_facts as facts_of
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.operating.acts import Act, ActKey, Door, Role, digest, problem_of
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS, NotDoneError, NotUsableError
from sagactl.outlet import table

__all__ = ["facts_of"]

Facts = dict[str, Any]

_COLUMNS = ("at", "verb", "who", "why", "result")


def act_of(
    target: str,
    verb: str,
    actor: str,
    *,
    reason: str = "",
    result: str = "",
    arguments: Mapping[str, Any] | None = None,
) -> Act:
    """Somebody did `verb` to `target`, such as `rejected:4be1`, now."""
    identity = ActKey(target=target, actor=actor, key=uuid.uuid4().hex)
    if problem := problem_of(identity, reason):
        raise NotUsableError(problem)
    return Act(
        id=identity,
        verb=verb,
        arguments=digest(arguments or {}),
        door=Door.DIRECT,
        role=Role.OPERATOR,
        at=now_ms(),
        reason=reason,
        result=result,
    )


def now_ms() -> int:
    """This machine's clock."""
    return int(datetime.now(UTC).timestamp() * 1000)


def act_table(stack: Deployment) -> ActTable:
    client = stack.client("dynamodb")
    return ActTable(client, stack.operator_table, PatientWrites(client, random.Random(), time.sleep))


def record(stack: Deployment, act: Act) -> None:
    """Write it by itself: before a function is called, and its result after."""
    with as_aws_said():
        act_table(stack).put(act)


def written(stack: Deployment, act: Act) -> dict[str, Any]:
    """The put, as part of a transaction."""
    return put_of(stack.operator_table, act)


def acts_on(stack: Deployment, target: str) -> list[Act]:
    """Everything that was done to it, in order."""
    with as_aws_said():
        return act_table(stack).on(target)


@contextmanager
def as_aws_said() -> Iterator[None]:
    """For a function a throttle or a missing permission may pass; an operator is told of it."""
    try:
        yield
    except RetryableError as unsettled:
        if isinstance(unsettled.__cause__, REFUSALS):
            raise unsettled.__cause__ from None
        raise NotDoneError(str(unsettled)) from unsettled


def page_of(facts: Iterable[Facts], title: str, *columns: str) -> RenderableType:
    """As people read them; `columns` come on top of what each act has."""
    rows = ([*(fact[name] for name in columns), *_row(fact)] for fact in facts)
    return table(title, (*columns, *_COLUMNS), rows)


def _row(fact: Facts) -> tuple[str | None, ...]:
    who = fact["actor"] if fact["verified"] else f"{fact['actor']} (unverified)"
    return (fact["at"], fact["verb"], who, fact["reason"] or None, fact["result"] or None)
