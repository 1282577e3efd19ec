"""The participant takes its commands from the topic of the second relay, and answers on the topic of replies."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Consumer, Producer

from local_participant import ParticipantOptions, ParticipantProcess
from local_stack.sources.kafka_broker import EmbeddedBroker
from stack_client import Transport, alternating

ORDER = next(f"o-{number}" for number in range(9) if alternating(f"o-{number}") is Transport.KAFKA)


def command(kind: str) -> dict[str, Any]:
    return {
        "message_id": f"order_saga:{ORDER}:{kind}#1",
        "message_type": f"{kind.upper()}_COMMAND",
        "execution_id": ORDER,
        "operation_id": f"order_saga:{ORDER}:{kind}",
        "attempt": 1,
        "expires_at": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(),
    }


def test_commands_are_taken_from_the_topic_and_answered_over_kafka() -> None:
    broker = EmbeddedBroker()
    broker.create_topics(["commands", "replies"])
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for value in (
        json.dumps({"message_type": "SAGA_STARTED", "execution_id": ORDER}).encode(),  # others' messages lie there too
        json.dumps(command("reserve_credit")).encode(),
        json.dumps(command("reserve_stock")).encode(),
    ):
        producer.produce("commands", value, key=ORDER.encode())
    assert producer.flush(30) == 0
    participant = ParticipantProcess(
        ParticipantOptions(
            "http://127.0.0.1:9",  # nothing of it goes over AWS
            "us-east-1",
            "bus",
            kafka_bootstrap=broker.bootstrap,
            topics={"COMMAND_REPLY": "replies"},
            commands_topic="commands",
        )
    )
    replies = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "g", "auto.offset.reset": "earliest"})
    replies.subscribe(["replies"])
    try:
        participant.start()
        answers = [json.loads(record.value() or b"") for record in replies.consume(2, timeout=60)]
    finally:
        account = participant.stop()
        replies.close()
        broker.close()

    assert [(each["in_reply_to"], each["outcome"]) for each in answers] == [
        (f"order_saga:{ORDER}:reserve_credit#1", "done"),
        (f"order_saga:{ORDER}:reserve_stock#1", "done"),
    ]
    assert account is not None
    assert (account.commands, account.malformed) == (2, 0)
