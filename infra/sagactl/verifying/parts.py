"""The parts of a stack that do nothing until they are needed: mappings, schedule, rules, alarms."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from saga_orchestrator.adapters.aws_errors import code_of
from sagactl.deployment import Deployment
from sagactl.verifying.findings import Finding, fine, looked, wrong

Resources = Mapping[str, Mapping[str, str]]
"""By type, from logical to physical id."""

FUNCTION: Final = "AWS::Lambda::Function"
_MAPPING: Final = "AWS::Lambda::EventSourceMapping"
_SCHEDULE: Final = "AWS::Scheduler::Schedule"
_RULE: Final = "AWS::Events::Rule"
_ALARM: Final = "AWS::CloudWatch::Alarm"
_GONE: Final = frozenset({"ResourceNotFoundException", "ResourceNotFound"})
_REDEPLOY: Final = "`sam deploy` the template again: it repairs what was changed by hand"
_AT_ONCE: Final = 100
"""Names in one DescribeAlarms (API reference)."""
_READS: Final = frozenset({"Enabled", "Updating", "Creating", "Enabling"})


def resources_of(stack: Deployment) -> Resources:
    pages = stack.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.stack_name)
    found: dict[str, dict[str, str]] = {}
    for each in (each for page in pages for each in page["StackResourceSummaries"]):
        found.setdefault(each["ResourceType"], {})[each["LogicalResourceId"]] = each.get("PhysicalResourceId", "")
    return found


def missing_kinds(resources: Resources) -> Iterator[Finding]:
    """Nothing to look at is no stack that works."""
    for kind in (FUNCTION, _MAPPING, _SCHEDULE, _RULE, _ALARM):
        if not resources.get(kind):
            yield wrong("stack", f"has no {kind}", "deploy this release's template.yaml")


def mappings(stack: Deployment, resources: Resources) -> Iterator[Finding]:
    """Each stands and reads. On AWS a mapping also says what came of its last reading."""
    for logical_id, identifier in sorted(resources.get(_MAPPING, {}).items()):
        what = f"mapping {logical_id}"
        yield from looked(what, partial(_mapping, stack, what, identifier))


def _mapping(stack: Deployment, what: str, identifier: str) -> Iterator[Finding]:
    found = _found(stack.client("lambda").get_event_source_mapping, UUID=identifier)
    if found is None:
        yield wrong(what, "is gone", _REDEPLOY)
    elif found["State"] not in _READS:
        todo = f"`aws lambda update-event-source-mapping --uuid {identifier} --enabled`, or {_REDEPLOY}"
        yield wrong(
            what, f"is {found['State'].lower()}: what it should read waits, and is lost when it is too old", todo
        )
    elif str(found.get("LastProcessingResult", "")).startswith("PROBLEM"):
        yield wrong(what, found["LastProcessingResult"], "see Behind an existing MSK cluster in docs/operations.md")
    else:
        yield fine(what, found["State"].lower())


_WITHOUT: Final = {
    "TimeoutCheckerFunctionTick": "no saga times out",
    "OperationRunnerFunctionTick": "no operation whose runner ended goes on",
}


def schedules(stack: Deployment, resources: Resources) -> Iterator[Finding]:
    for logical_id, name in sorted(resources.get(_SCHEDULE, {}).items()):
        what = f"schedule {logical_id}"
        yield from looked(what, partial(_schedule, stack, what, name, _WITHOUT.get(logical_id, "nothing calls it")))


def _schedule(stack: Deployment, what: str, name: str, so: str) -> Iterator[Finding]:
    found = _found(stack.client("scheduler").get_schedule, Name=name)
    if found is None:
        yield wrong(what, f"is gone, so {so}", _REDEPLOY)
    elif found["State"] != "ENABLED":
        yield wrong(what, f"is {found['State'].lower()}, so {so}", f"enable it, or {_REDEPLOY}")
    else:
        yield fine(what, f"enabled, {found['ScheduleExpression']}")


def rules(stack: Deployment, resources: Resources) -> Iterator[Finding]:
    for logical_id, name in sorted(resources.get(_RULE, {}).items()):
        what = f"rule {logical_id}"
        yield from looked(what, partial(_rule, stack, what, name))


def _rule(stack: Deployment, what: str, name: str) -> Iterator[Finding]:
    # A rule of another bus than the default one has the bus's name in front.
    rule = name.rpartition("|")[2]
    found = _found(stack.client("events").describe_rule, Name=rule, EventBusName=stack.event_bus)
    if found is None:
        yield wrong(what, "is gone, so its events reach nobody", _REDEPLOY)
    elif found["State"] != "ENABLED":
        yield wrong(what, f"is {found['State'].lower()}, so its events reach nobody", f"enable it, or {_REDEPLOY}")
    else:
        yield fine(what, "enabled")


def alarms(stack: Deployment, resources: Resources) -> Iterator[Finding]:
    """All of them in one line: that one is missing, silent or ringing is what anybody wants to know."""
    wanted = sorted(resources.get(_ALARM, {}).values())
    found: dict[str, Any] = {}
    for begin in range(0, len(wanted), _AT_ONCE):
        answer = stack.client("cloudwatch").describe_alarms(AlarmNames=wanted[begin : begin + _AT_ONCE])
        found |= {alarm["AlarmName"]: alarm for alarm in answer["MetricAlarms"]}
    if gone := [name for name in wanted if name not in found]:
        yield wrong("alarms", f"gone: {_named(gone)}", _REDEPLOY)
    if silent := [name for name, alarm in found.items() if not alarm.get("ActionsEnabled", True)]:
        yield wrong("alarms", f"actions switched off: {_named(silent)}", "`aws cloudwatch enable-alarm-actions`")
    if ringing := [name for name, alarm in found.items() if alarm.get("StateValue") == "ALARM"]:
        yield wrong("alarms", f"ringing: {_named(ringing)}", "each one's text says where its runbook stands")
    if len(found) == len(wanted) and not silent and not ringing:
        deaf = not any(alarm.get("AlarmActions") for alarm in found.values())
        yield fine("alarms", f"{len(wanted)} stand" + (", and tell nobody: AlarmTopicArn is not given" if deaf else ""))


def _found(ask: Any, **arguments: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = ask(**arguments)
    except ClientError as error:
        if code_of(error) in _GONE:
            return None
        raise
    return answer


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
