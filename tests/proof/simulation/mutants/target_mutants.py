"""Bugs in how messages reach a target: the bus, and the Kafka topic beside it."""

from typing import Final

from saga_orchestrator.adapters.targets.event_bus import EventBus
from saga_orchestrator.adapters.targets.kafka_topic import KafkaTopic
from saga_orchestrator.application.relay import Relay
from tests.proof.simulation.faults.code_edits import Mutant, edit

_INLINED_ANYHOW: Final = edit(
    Relay._complete,
    "(whole, body) if len(body.encode()) <= MAX_MESSAGE_BYTES else (message, encoded(message))",
    "(whole, body)",
)

TARGET_MUTANTS: Final = (
    Mutant("script inlined however large it is as JSON", "C1", _INLINED_ANYHOW),
    Mutant(
        "delivery reports not looked at",
        "S6",
        edit(KafkaTopic._attempt, "fates[position] = self._fate(error)", "fates[position] = Fate.PUBLISHED"),
    ),
    Mutant(
        "queued taken for delivered",
        "S6",
        edit(KafkaTopic._attempt, "[Fate.MAY_PASS] * len(messages)", "[Fate.PUBLISHED] * len(messages)"),
    ),
    Mutant(
        "full queue taken for delivered",
        "S6",
        edit(
            KafkaTopic._attempt,
            "except BufferError:\n                break",
            "except BufferError:\n                fates[position] = Fate.PUBLISHED\n                break",
        ),
    ),
    Mutant("broken producer kept", "L1", edit(KafkaTopic._attempt, "if broken:", "if False:")),
    Mutant(
        "topic keyed by message",
        "S5c",
        edit(KafkaTopic._attempt, "key=message.execution_id.encode()", "key=message.id.encode()"),
    ),
    Mutant(
        "message too large for the topic tried for ever",
        "L1",
        edit(KafkaTopic._attempt, "fates[position] = self._fate(refused.args[0])", "raise"),
        _INLINED_ANYHOW,
    ),
    Mutant(
        "message too large for the bus tried for ever",
        "L1",
        edit(EventBus._in_order, "_weight(chunk[0][1]) > MAX_REQUEST_BYTES", "False"),
        _INLINED_ANYHOW,
    ),
)
