"""Bugs in what operators do with rejected events, and in what senders' clocks decide."""

from typing import Final

from saga_orchestrator.adapters import rejected_events
from saga_orchestrator.adapters.operators.rejected_items import RejectedItems
from saga_orchestrator.application.relay import Relay
from saga_orchestrator.application.settling import envelopes
from saga_orchestrator.application.settling.redriving import Redriving
from saga_orchestrator.domain import decide
from saga_orchestrator.domain.executions import beginnings
from tests.proof.simulation.faults.code_edits import Mutant, edit

OPERATOR_MUTANTS: Final = (
    Mutant(
        "a copy that nobody looked at is settled with the others",
        "S25",
        edit(RejectedItems.settle, "#state = :open AND copies = :copies", "#state = :open AND copies >= :copies"),
    ),
    Mutant(
        "a batch that was not finished is called redriven",
        "S25b",
        edit(Redriving.call, 'answer.get("batchItemFailures")', 'answer.get("failures")'),
    ),
    Mutant(
        "what a target refuses again is called redriven",
        "S25b",
        edit(Redriving.deliver, "return delivery.message_id in done.published", "return True"),
    ),
    Mutant(
        "one message that cannot be made keeps back those beside it",
        "L4",
        edit(Relay._messages, "if unmade and not made:", "if unmade:"),
    ),
    Mutant(
        "what is redriven comes from an operator",
        "S25b",
        edit(
            envelopes.envelope,
            "return json.loads(original)",
            'return json.loads(original) | {"source": "saga-operator"}',
        ),
    ),
    Mutant(
        "a record that was no base64 is redriven as base64",
        "L4",
        edit(envelopes._value, "kept.reason == RejectReason.NOT_BASE64", "False"),
    ),
    Mutant(
        "what comes again stays settled",
        "S25c",
        edit(rejected_events._counted, 'f"#{name} = :{name}" for', 'f"#{name} = if_not_exists(#{name}, :{name})" for'),
    ),
    Mutant(
        "what is settled stays on the list",
        "S25d",
        edit(RejectedItems.settle, '":settled": {"S": SETTLED}', '":settled": {"S": "rejected#0"}'),
    ),
    Mutant(
        "an early act is forgotten when its saga begins",
        "A5",
        edit(
            beginnings.identified_saga,
            "for each in early)",
            'for each in early if not each.event_id.startswith("act:"))',
        ),
    ),
    Mutant(
        "no sender may be ahead at all",
        "S10d",
        edit(decide._request, "now + CLOCK_TOLERANCE_MS", "now"),
    ),
    Mutant(
        "a sender may be ahead by an hour",
        "S10e",
        edit(decide._request, "now + CLOCK_TOLERANCE_MS", "now + 4 * CLOCK_TOLERANCE_MS"),
    ),
)
