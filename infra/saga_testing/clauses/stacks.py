"""Signs of a stack: what is played there would run for real, and move real sagas."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from saga_testing.clauses.bus import RULE_PREFIX
from saga_testing.clauses.refusals import CannotPlay, StackFound

READY_FILES: Final = ".local-stack*.json"
_SECONDS: Final = 10.0
_STACK_TAG: Final = "aws:cloudformation:stack-name"
_HEARD_BY_STACKS: Final = ("EXECUTION_", "COMMAND_REPLY")
STACK_TOPICS: Final = frozenset(
    {
        "saga_commands",
        "execution_events",
        "command_reply",
        *(f"execution_{name}" for name in ("requested", "started", "completed", "failed", "timeout", "cancelled")),
    }
)
"""The template's defaults: whoever reads these is a stack, or will be one."""


def refuse_stacks_bus(events: Any, bus: str, folder: Path) -> None:
    """Raises StackFound for a bus on which somebody listens for what a worker or a participant says."""
    where = f"bus {bus}"
    _refuse_named_by_ready_file(folder, where, {"event_bus": bus})
    try:
        arn = events.describe_event_bus(Name=bus)["Arn"]
        tags = {tag["Key"]: tag["Value"] for tag in events.list_tags_for_resource(ResourceARN=arn).get("Tags", [])}
        if _STACK_TAG in tags:
            raise StackFound(where, f"CloudFormation made it for {tags[_STACK_TAG]}")
        for rule in _rules(events, bus):
            if _listens(rule):
                raise StackFound(where, f"rule {rule['Name']} waits for events there")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            raise CannotPlay(f"there is no {where}: create one for the worker") from error
        raise CannotPlay(
            f"it cannot be told whether {where} belongs to a stack: {error.operation_name}: {code}"
        ) from error
    except BotoCoreError as error:
        raise CannotPlay(f"{where} cannot be reached: {error}") from error


def _rules(events: Any, bus: str) -> Iterable[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        answer = events.list_rules(EventBusName=bus, **more)
        yield from answer.get("Rules", [])
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}


def _listens(rule: Mapping[str, Any]) -> bool:
    """Not the kit's own rule, which an interrupted run may have left, nor a worker's, which waits for commands."""
    pattern = str(rule.get("EventPattern", "")).upper()
    return not rule["Name"].startswith(RULE_PREFIX) and any(name in pattern for name in _HEARD_BY_STACKS)


def refuse_stacks_topics(bootstrap: str, topics: Iterable[str], heard: Iterable[str], folder: Path) -> None:
    """Raises StackFound for topics with a stack's names, and where a consumer group reads what the kit listens to."""
    named = sorted(STACK_TOPICS.intersection(topics))
    if named:
        raise StackFound(f"topic {named[0]}", "that is the name which a stack's topic has by default")
    for topic in topics:
        _refuse_named_by_ready_file(folder, f"topic {topic}", {"kafka_bootstrap": bootstrap, "topics": topic})
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
    try:
        groups = [group.group_id for group in admin.list_consumer_groups().result(_SECONDS).valid]
        found = (
            {name: future.result(_SECONDS) for name, future in admin.describe_consumer_groups(groups).items()}
            if groups
            else {}
        )
    except KafkaException as error:
        if error.args[0].code() == KafkaError._UNSUPPORTED_FEATURE:
            return  # a broker that has no such list, as those for tests: the names alone decide
        raise CannotPlay(f"it cannot be told whether a stack reads {bootstrap}: {error.args[0].str()}") from error
    ours = set(heard)
    for name, group in found.items():
        read = {each.topic for member in group.members for each in member.assignment.topic_partitions}
        if read & ours:
            raise StackFound(f"topic {min(read & ours)}", f"consumer group {name} reads it")


def _refuse_named_by_ready_file(folder: Path, where: str, names: Mapping[str, str]) -> None:
    for path in sorted(folder.glob(READY_FILES)):
        try:
            ready = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(ready, dict) and all(_says(ready.get(name), value) for name, value in names.items()):
            raise StackFound(where, f"{path.name} names it")


def _says(told: Any, value: str) -> bool:
    return value in told.values() if isinstance(told, dict) else told == value
