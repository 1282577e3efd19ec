"""`sagactl verify`: whether a stack works, right after a deployment."""

import uuid
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from sagactl.bus import put_event
from sagactl.connection import Target
from sagactl.deployment import Deployment, deployment
from sagactl.options import on_stack
from sagactl.outlet import show, table, tell
from sagactl.requesting.checked import checked, read
from sagactl.requesting.following import Followed
from sagactl.verifying.answers import doors, functions
from sagactl.verifying.findings import Finding, Verdict, exit_code, fine, looked, wrong
from sagactl.verifying.journey import journey
from sagactl.verifying.parts import Resources, alarms, mappings, missing_kinds, resources_of, rules, schedules

_SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@on_stack
def verify(
    target: Target,
    run: Annotated[
        bool, typer.Option("--run", help="Also send a small execution that really runs, and follow it to its end.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="So many seconds each request is waited for.")
    ] = 60,
) -> None:
    """Look whether the stack works: its parts, what each function answers, and one request that goes the whole way.

    That request is too old to be run: it goes over bus, function, table, stream and relay, and ends failed as
    expired, without a pod or a slot. Its saga stays for RetentionDays under an id that begins with verify-, and its
    SAGA_FAILED is seen by whoever listens.

    Needs the rights of whoever deploys: of this stack's parts to be read, its functions to be called, events to be put
    under EventSource, and a queue and a rule that are there while it listens.

    Exit code 0: all is well. 1: something is wrong. 2: nothing is, as far as could be seen, and not all could.
    """
    stack = deployment(target)
    resources = resources_of(stack)  # who may not even see what there is gets one line, and no table of refusals
    tell(f"stack {stack.stack_name} ({stack.connection.place})")
    found = list(_findings(stack, resources, run=run, seconds=timeout))
    rows = [(each.verdict, each.what, each.found, each.todo) for each in found]
    code = exit_code(found)
    show(
        target.output,
        {"stack": stack.stack_name, "ok": code == 0, "findings": [each.facts for each in found]},
        table(f"{stack.stack_name}: {_summary(found)}", ("", "what", "found", "what to do"), rows),
    )
    if code:
        raise typer.Exit(code)


def _findings(stack: Deployment, resources: Resources, *, run: bool, seconds: float) -> Iterator[Finding]:
    yield from looked("stack", lambda: [_as_deployed(stack)])
    yield from missing_kinds(resources)
    yield from looked("functions", lambda: functions(stack, resources))
    yield from looked("mappings", lambda: mappings(stack, resources))
    yield from looked("schedule", lambda: schedules(stack, resources))
    yield from looked("rules", lambda: rules(stack, resources))
    yield from looked("alarms", lambda: alarms(stack, resources))
    yield from looked("API", lambda: doors(stack))
    yield from looked("an old request ends", lambda: journey(stack, seconds))
    if run:
        yield from looked("a request runs", lambda: _runs(stack, seconds))


def _as_deployed(stack: Deployment) -> Finding:
    answer: Any = stack.client("cloudformation").describe_stacks(StackName=stack.stack_name)
    status = str(answer["Stacks"][0]["StackStatus"])
    if status in _SETTLED:
        return fine("stack", status)
    return wrong("stack", status, "wait until the deployment is through, or read why it was rolled back")


def _runs(stack: Deployment, seconds: float) -> Iterator[Finding]:
    """As `sagactl request --example` does."""
    ready = checked(read(None, example=True), f"verify-run-{uuid.uuid4().hex[:12]}")
    put_event(stack, stack.event_source, ready.event, "EXECUTION_REQUESTED")
    followed = Followed(stack, ready.execution_id, str(ready.event["event_id"]), tell)
    followed.until_end(seconds)
    what = "a request runs"
    if followed.completed:
        yield fine(what, f"{ready.execution_id} completed")
    elif followed.ended:
        outcome = followed.outcomes()[0]
        found = f"{ready.execution_id} ended {outcome['state']}: {outcome['reason']}"
        yield wrong(what, found, f"`sagactl show {ready.execution_id}`, and the worker's log")
    else:
        found = f"{ready.execution_id} has not ended within {seconds:g} s"
        yield wrong(what, found, f"`sagactl show {ready.execution_id}`; is there a worker? see SagasNeverStartedAlarm")


def _summary(found: list[Finding]) -> str:
    counts = {verdict: sum(each.verdict is verdict for each in found) for verdict in Verdict}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
