"""Bugs in how messages leave and how batches are answered."""

from typing import Final

from saga_orchestrator.adapters.targets.event_bus import _fate
from saga_orchestrator.application.relay import Relay
from saga_orchestrator.application.sendable import newly_emitted
from saga_orchestrator.domain import render
from saga_orchestrator.entrypoints.kafka_batch import process_batch
from saga_orchestrator.entrypoints.relay_function import emitting_write
from tests.proof.simulation.faults.code_edits import Mutant, edit

_STOPS: Final = "**record.position)\n                return lane[position:]"

FLOW_MUTANTS: Final = (
    Mutant(
        "relay acknowledges what it could not publish",
        "S6",
        edit(Relay._publish, "return each.place, refused", "continue"),
    ),
    Mutant(
        "relay reports the last record",
        "S6",
        edit(Relay._publish, "return each.place, refused", "return owed[-1].place, refused"),
    ),
    Mutant(
        "relay ignores MODIFY",
        "S6",
        edit(emitting_write, '== "REMOVE"', '!= "INSERT"'),
    ),
    Mutant(
        "relay publishes all there ever was",
        "S18c",
        edit(
            emitting_write,
            'newly_emitted(_outbox(change.get("OldImage")), _outbox(new))',
            "tuple(k for entry in (decode(to_item(new)).timeline if _outbox(new) else ()) for k in entry.messages)",
        ),
    ),
    Mutant("relay sends only the first message", "S6", edit(newly_emitted, "not in known)", "not in known)[:1]")),
    Mutant(
        "answers of PutEvents not looked at",
        "S6",
        edit(_fate, "    return Fate.PERMANENT if", "    return Fate.PUBLISHED\n    return Fate.PERMANENT if"),
    ),
    Mutant(
        "publishing error swallowed",
        "S6",
        edit(Relay._publish, "fates = [Fate.MAY_PASS]", "fates = [Fate.PUBLISHED]"),
    ),
    Mutant(
        "refused message not rejected",
        "S6",
        edit(Relay._publish, "if fate is Fate.PERMANENT:", "if False:"),
    ),
    Mutant(
        "new message id each time",
        "S5",
        edit(render.render, 'f"{saga.saga_id}:{key}"', 'f"{saga.saga_id}:{key}:{id(saga)}"'),
    ),
    Mutant(
        "message rendered from what changes",
        "S21",
        edit(render._started_body, '"outcome": "started"', '"outcome": str(saga.state)'),
        edit(render._own_fields, "as_of(saga, place)", "saga"),
    ),
    Mutant(
        "message carries the time of the last write",
        "S21",
        edit(render.render, "rfc3339(entry.at)", "rfc3339(saga.timeline[-1].at)"),
    ),
    Mutant(
        "wrong Kafka offset reported",
        "S19",
        edit(
            process_batch,
            '"itemIdentifier": record.position',
            '"itemIdentifier": {**record.position, "offset": record.offset + 1}',
        ),
    ),
    Mutant(
        "partial failures returned in on-demand mode",
        "S11",
        edit(process_batch, 'if at.settings.kafka_mode == "provisioned":', "if True:"),
    ),
    Mutant(
        "failed Kafka record not reported",
        "S11",
        edit(process_batch, _STOPS, "**record.position)\n                return []"),
    ),
    Mutant(
        "records after a failed one dropped",
        "S19",
        edit(process_batch, _STOPS, "**record.position)\n                return lane[position : position + 1]"),
    ),
    Mutant(
        "order within an execution not kept",
        "S19",
        edit(process_batch, "lanes[_execution_of(record)]", 'lanes[f"{partition} {record.offset}"]'),
    ),
    Mutant(
        "relay skips a key it does not know",
        "S22",
        edit(
            Relay.send,
            "failed = write.sequence_number\n                break\n            except RejectedEvent",
            "continue\n            except RejectedEvent",
        ),
    ),
)
