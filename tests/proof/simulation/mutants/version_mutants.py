"""Bugs in living with another release: nothing is wrong with them as long as one release runs alone."""

from typing import Final

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.saga_models import SagaItem
from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.application.relay import Relay
from saga_orchestrator.domain import decide, render
from saga_orchestrator.entrypoints.decoding import decode_event
from tests.proof.simulation.faults.code_edits import Mutant, edit

KNOWN: Final = sorted(attribute.attr_name for attribute in SagaItem.get_attributes().values())
_READ: Final = "        fields: dict[str, Any] = {}\n"

VERSION_MUTANTS: Final = (
    Mutant(
        "write puts the whole item",
        "S22b",
        edit(
            DynamoDbSagaStore.replace,
            "return _outcome(self.writes.single(self.client.update_item, update))",
            "return _outcome(self.writes.single(self.client.put_item, {\n"
            '            "TableName": self.table,\n'
            '            "Item": encode(new),\n'
            '            "ConditionExpression": "version = :read",\n'
            '            "ExpressionAttributeValues": {":read": {"N": str(old.version)}},\n'
            '            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",\n'
            "        }))",
        ),
    ),
    Mutant(
        "event with an unknown field refused",
        "L4",
        edit(
            decode_event,
            'if is_another_version(fields.get("event_version")):',
            'if is_another_version(fields.get("event_version")) \
                or fields.keys() - {name for model in MODEL_OF.values() for name in model.model_fields}:',
        ),
    ),
    Mutant(
        "item with an unknown attribute refused",
        "L4",
        edit(decode, _READ, f"{_READ}        if set(item).difference({KNOWN}):\n            raise ValueError\n"),
    ),
    Mutant(
        "optional attribute taken for granted",
        "L4",
        edit(decode, _READ, f'{_READ}        item["state"]["S"] in ("created", "running") or item["ended"]\n'),
    ),
    Mutant(
        "message names the release that sends it",
        "S22c",
        edit(render.render, '"saga_name": saga.saga_name,', '"saga_name": saga.saga_name,\n        "release": "this",'),
    ),
    Mutant(
        "saga of a newer definition refused",
        "L4",
        edit(
            decide._report,
            "    if saga.has_seen(cause, event.event_id):",
            "    if saga.definition_version > rules.definition.version:\n"
            '        raise RejectedEvent(RejectReason.CORRUPT_SAGA, "newer definition")\n'
            "    if saga.has_seen(cause, event.event_id):",
        ),
    ),
    Mutant(
        "republishing leaves out what it cannot render",
        "L2",
        edit(
            Relay.send_again,
            "for key in sendable:\n            try",
            'for key in (k for k in sendable if k[:-2] in self._definition_of(saga).messages or k[:5] == "saga_"):\n'
            "            try",
        ),
    ),
)
