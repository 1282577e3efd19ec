"""Oracles of commands that are switched off, and on again."""

from typing import Any

from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.ledger import Ledger, Write
from tests.proof.simulation.world.saga_image import COMMANDS


@oracle("S24", When.WRITE, "no command is emitted while they are off, nor ever for a saga that was requested then")
def hushed(ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None or (new.key not in ledger.shadows and write.invocation.container.settings.publish_commands):
        return UNCONCERNED
    commands = [key for key in new.outbox if key.partition("#")[0] in COMMANDS]
    return f"{new.key} emits {commands} while commands are off" if commands else None


@oracle("S24b", When.PUBLISHED, "a relay publishes no command while they are off")
def hushed_relay(ledger: Ledger, body: dict[str, Any], _detail: str) -> str | None:
    sender = ledger.sender
    if sender is None or sender.container.settings.publish_commands or body["saga_name"] != "execution_saga":
        return UNCONCERNED
    return f"{body['message_id']} was published" if body["message_type"].endswith("_COMMAND") else None
