"""The participant as a program of its own: `python -m local_participant '{"aws_endpoint": ...}'`.

It reports `ready`, every answer, and its account at the end.
"""

import sys
import uuid
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_participant.commands import COMMANDS
from local_participant.kafka_commands import kafka_commands
from local_participant.options import ParticipantOptions
from local_participant.participant import CommandSource, Participant, ParticipantNews
from stack_client import (
    EventBridgePublisher,
    EventPublisher,
    KafkaPublisher,
    RoutedPublisher,
    Transport,
    alternating,
    commands_of_the_orchestrator,
    subscription,
    tell_starter,
    told_to_stop,
)


def main() -> int:
    """Run until told to stop."""
    options = ParticipantOptions.from_json(sys.argv[1])
    events, sqs = _client(options, "events"), _client(options, "sqs")
    publisher, kafka = _publisher(options, events)
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


def _client(options: ParticipantOptions, service: str) -> Any:
    session = boto3.Session(
        aws_access_key_id=options.access_key, aws_secret_access_key=options.secret_key, region_name=options.region
    )
    config = Config(
        connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}, proxies={}
    )
    return session.client(service, endpoint_url=options.aws_endpoint, config=config)


def _publisher(options: ParticipantOptions, events: Any) -> tuple[EventPublisher, KafkaPublisher | None]:
    bridge = EventBridgePublisher(events, options.event_bus, options.event_source)
    if options.kafka_bootstrap is None:
        return bridge, None
    kafka = KafkaPublisher(options.kafka_bootstrap, options.topics)
    return RoutedPublisher({Transport.EVENTBRIDGE: bridge, Transport.KAFKA: kafka}, alternating), kafka


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
