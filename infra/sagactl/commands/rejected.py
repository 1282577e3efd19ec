"""`sagactl rejected list | show | redrive | drop`: events that had no effect, and what becomes of them."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from saga_orchestrator.adapters.aws_errors import code_of
from saga_orchestrator.application.settling.kept import Kept, Kind
from saga_orchestrator.application.settling.redriving import Fate
from saga_orchestrator.domain.operating.acts import Act, problem_of_reason
from sagactl.acting.actor import acting
from sagactl.acting.records import act_of, acts_on, facts_of, page_of, record
from sagactl.acting.ways import Actor, Api, Direct, api_of
from sagactl.asking import agreed, progress
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.errors import REFUSALS, NotDoneError, NotUsableError
from sagactl.options import explain, on_stack
from sagactl.outlet import number_of, show, table
from sagactl.rejected.choosing import Choice, choice_of, chosen_by, found_by, groups_of, newest_of_each_kind, one_of
from sagactl.rejected.items import item_of, settle
from sagactl.rejected.over_http import Chosen, drop_over, groups_over, list_over, redrive_over, show_over
from sagactl.rejected.queues import settled_dead_letters, silence
from sagactl.rejected.redriving import Redriven, redriven

_COLUMNS = ("id", "reason", "execution_id", "event_type", "at", "copies", "detail")
Ids = Annotated[list[str] | None, typer.Argument(help="Ids that `rejected list` shows.", metavar="ID...")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="CODE", help="Only those with this reason code.")]
Execution = Annotated[str | None, typer.Option("--execution", metavar="ID", help="Only those of this execution.")]
All = Annotated[bool, typer.Option("--all", help="Every one.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@on_stack
def list_rejected(
    target: Target,
    reason: Reason = None,
    execution: Execution = None,
    grouped: Annotated[bool, typer.Option("--grouped", help="One line for each reason and source.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many of each kind.")] = 100,
    direct: Direct = False,
    api: Api = None,
) -> None:
    """List events that had no effect, newest first: rejected ones, what Lambda gave up, what a rule could not deliver.

    Rejected ones are read from the operators' table and hidden from nobody. `more` in the JSON says that there are
    others. Reading the rules' dead letters hides them from other readers for a moment.
    """
    stack = deployment(target)
    if way := api_of(stack, api, direct=direct):
        if grouped and (reason or execution):
            raise NotUsableError("groups are of all: leave --reason and --execution out, or --grouped")
        if grouped:
            groups_over(way, target)
        else:
            list_over(way, target, reason, execution, limit)
        return
    found = found_by(stack, Choice(frozenset(), reason, execution), limit + 1)
    more = any(count > limit for count in Counter(each.kind for each in found).values())
    shown = newest_of_each_kind(found, limit)
    groups = groups_of(shown)
    facts = {"rejected": [each.facts() for each in shown], "groups": groups, "more": more}
    title = f"{number_of(len(shown), 'rejected event')}{'; there are more: --limit' if more else ''}"
    if grouped:
        columns = ("count", "copies", "reason", "source", "kind", "oldest", "sample")
        show(target.output, facts, table(title, columns, [[group[name] for name in columns] for group in groups]))
        return
    rows = [[each.facts()[column] for column in _COLUMNS] for each in shown]
    show(target.output, facts, table(title, [column.replace("_", " ") for column in _COLUMNS], rows))


@on_stack
def show_rejected(
    target: Target,
    identifier: Annotated[str, typer.Argument(help="An id that `rejected list` shows.", metavar="ID")],
    direct: Direct = False,
    api: Api = None,
) -> None:
    """Show everything that is known of one, and what operators did with it; never its content."""
    stack = deployment(target)
    if way := api_of(stack, api, direct=direct):
        show_over(way, target, identifier)
        return
    kept = item_of(stack, identifier) or one_of(stack, identifier)
    acts = [facts_of(act) for act in acts_on(stack, f"rejected:{identifier}")]
    facts = {**kept.facts(), "bytes": _bytes(stack, kept), "acts": acts}
    rows = [(name.replace("_", " "), value) for name, value in facts.items() if name != "acts"]
    pages = [table(identifier, ("what", "value"), rows)]
    if acts:
        pages.append(page_of(acts, "What was done"))
    show(target.output, facts, *pages)


@on_stack
def redrive(  # noqa: PLR0913, PLR0917 - each is an option of the command
    target: Target,
    ids: Ids = None,
    reason: Reason = None,
    execution: Execution = None,
    everything: All = False,
    yes: Yes = False,
    actor: Actor = None,
    direct: Direct = False,
    api: Api = None,
) -> None:
    """Deliver again, to the function that the source implies. What takes effect leaves the list; what does not, stays.

    Shows how many and asks before it begins.
    """
    stack, choice = deployment(target), choice_of(ids, reason, execution, everything=everything)
    if way := api_of(stack, api, direct=direct):
        _unnamed(actor)
        redrive_over(way, target, Chosen(ids or (), reason, execution), yes=yes)
        return
    chosen = chosen_by(stack, choice)
    agreed(stack, f"Redrive {number_of(len(chosen), 'rejected event')}{_by_reason(chosen)}", yes=yes)
    who = acting(stack.connection, actor)
    objects = [each for each in chosen if each.kind is not Kind.DEAD_LETTER]
    results: list[Redriven] = []
    letters = {each.id for each in chosen} - {each.id for each in objects}

    def redrive_letter(kept: Kept, body: str) -> bool:
        if kept.id not in letters:
            return False
        results.append(redriven(stack, kept, who, body))
        return results[-1].fate is Fate.DONE

    with _saying_how_far("redriven", results, len(chosen)):
        for each in progress(objects, "redriving"):
            results += [redriven(stack, each, who)]
        if letters:
            settled_dead_letters(stack, redrive_letter)
        silence(stack, {each.id for each in results if each.fate is Fate.DONE})
    facts = [{"id": each.id, "result": each.fate.value, "detail": each.detail} for each in results]
    show(target.output, facts, table("Redrive", ("id", "result", "detail"), [tuple(fact.values()) for fact in facts]))
    _tell_what_is_left(results)


@on_stack
def drop(  # noqa: PLR0913, PLR0917 - each is an option of the command
    target: Target,
    because: Annotated[str, typer.Option("--because", help="Why; at most 200 bytes, kept with your name.")],
    ids: Ids = None,
    reason: Reason = None,
    execution: Execution = None,
    everything: All = False,
    yes: Yes = False,
    actor: Actor = None,
    direct: Direct = False,
    api: Api = None,
) -> None:
    """Take off the list without delivering. Who did it, and why, stays recorded for 400 days."""
    if problem := problem_of_reason(because) if because.strip() else "--because must say why":
        raise NotUsableError(problem)
    stack, choice = deployment(target), choice_of(ids, reason, execution, everything=everything)
    if way := api_of(stack, api, direct=direct):
        _unnamed(actor)
        drop_over(way, target, Chosen(ids or (), reason, execution), because, yes=yes)
        return
    _drop_directly(target, stack, choice, because, actor, yes=yes)


def _drop_directly(
    target: Target, stack: Deployment, choice: Choice, because: str, actor: str | None, *, yes: bool
) -> None:
    chosen = chosen_by(stack, choice)
    agreed(stack, f"Drop {number_of(len(chosen), 'rejected event')}{_by_reason(chosen)}", yes=yes)
    who, dropped = acting(stack.connection, actor), set[str]()

    def act_on(kept: Kept) -> Act:
        return act_of(f"rejected:{kept.id}", "drop", who, reason=because, result="dropped")

    letters = {each.id for each in chosen if each.kind is Kind.DEAD_LETTER}

    def drop_letter(kept: Kept, _body: str) -> bool:
        if kept.id in letters:
            record(stack, act_on(kept))
            dropped.add(kept.id)
        return kept.id in letters

    with _saying_how_far("dropped", dropped, len(chosen)):
        for each in progress([each for each in chosen if each.kind is not Kind.DEAD_LETTER], "dropping"):
            if each.kind is Kind.REJECTED and not settle(stack, each, "dropped", act_on(each)):
                continue
            if each.kind is Kind.UNDELIVERED:
                record(stack, act_on(each))
                stack.client("s3").delete_object(Bucket=stack.payload_bucket, Key=each.key)
            dropped.add(each.id)
        if letters:
            settled_dead_letters(stack, drop_letter)
        silence(stack, dropped)
    facts = [{"id": each.id, "result": "dropped" if each.id in dropped else "came again"} for each in chosen]
    show(target.output, facts, table("Drop", ("id", "result"), [tuple(fact.values()) for fact in facts]))
    if len(dropped) < len(chosen):
        raise NotDoneError(f"{len(chosen) - len(dropped)} of {len(chosen)} came again meanwhile and stay on the list")


def _unnamed(actor: str | None) -> None:
    if actor is not None:
        raise NotUsableError("--as goes with --direct alone: the API knows who signed")


@contextmanager
def _saying_how_far(done: str, those: Collection[object], of: int) -> Iterator[None]:
    """Exit code 2 means that nothing was changed: what AWS refuses after something was is told with what was done."""
    try:
        yield
    except REFUSALS as refused:
        if not those:
            raise
        message = f"{len(those)} of {of} {done}, then {explain(refused)}; what is left on the list is to be done again"
        raise NotDoneError(message) from refused


def _bytes(stack: Deployment, kept: Kept) -> str:
    if not kept.key:
        return "in the queue" if kept.kind is Kind.DEAD_LETTER else "unknown"
    try:
        size = stack.client("s3").head_object(Bucket=stack.payload_bucket, Key=kept.key)["ContentLength"]
    except ClientError as error:
        if code_of(error) in {"404", "NoSuchKey"}:
            return "bytes_expired"
        raise
    return f"{size} in the payload bucket"


def _by_reason(chosen: Sequence[Kept]) -> str:
    counts = Counter(each.reason for each in chosen)
    return f" ({', '.join(f'{count} {reason}' for reason, count in counts.most_common())})" if counts else ""


def _tell_what_is_left(results: Sequence[Redriven]) -> None:
    left = sum(each.fate is not Fate.DONE for each in results)
    if left:
        raise NotDoneError(f"{left} of {len(results)} are still on the list")
