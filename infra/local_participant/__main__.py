"""The participant as a program of its own: `python -m local_participant '{"aws_endpoint": ...}'`.

It reports `ready`, every answer, and its account at the end.
"""

import sys
import uuid
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_participant.commands import COMMANDS
from local_participant.kafka_commands import kafka_commands
from local_participant.options import ParticipantOptions
from local_participant.participant import CommandSource, Participant, ParticipantNews
from stack_client import commands_of_the_orchestrator, subscription, tell_starter, told_to_stop


def main() -> int:
    """Run until told to stop."""
    options = ParticipantOptions.from_json(sys.argv[1])
    events, sqs = options.client("events"), options.client("sqs")
    publisher, kafka = options.publisher(events)
    participant = Participant(publisher, options.faults, told_to_stop(), _report, options.others)
    standing = False
    try:
        with _commands(options, events, sqs) as source:
            standing = True
            tell_starter({"kind": "ready"})
            participant.work(source)
    except (ClientError, BotoCoreError) as error:
        # At the end it means that the stack went away first, and its queue with it.
        if not standing:
            tell_starter({"kind": "failed", "reason": str(error)})
            return 1
    if kafka is not None:
        kafka.close()
    tell_starter({"kind": "account", **asdict(participant.account())})
    return 0


def _commands(options: ParticipantOptions, events: Any, sqs: Any) -> AbstractContextManager[CommandSource]:
    types = tuple(dict.fromkeys((*COMMANDS, *options.others)))
    if options.commands_topic is not None and options.kafka_bootstrap is not None:
        return kafka_commands(options.kafka_bootstrap, options.commands_topic, types)
    name = f"saga-participant-{uuid.uuid4().hex[:12]}"
    return subscription(events, sqs, options.event_bus, name, commands_of_the_orchestrator(types))


def _report(news: ParticipantNews) -> None:
    tell_starter({"kind": "answer", **asdict(news)})


if __name__ == "__main__":
    sys.exit(main())
