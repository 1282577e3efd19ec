"""The event that the README shows is taken, and its answer is the one that is given."""

import json
from typing import Any

from saga_orchestrator.domain.decide import Rules, decide
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.render import render
from saga_orchestrator.entrypoints.decoding import decode_event
from saga_testing.samples.sample_events import event
from sagas.execution import EXECUTION_SAGA
from tests.release.docs.documents import README, code_blocks

RULES = Rules(EXECUTION_SAGA, Policy())


def taken(fields: dict[str, Any]) -> Any:
    event_type = EventType(fields["event_type"])
    return decode_event(fields, event_type, by_operator=False, script_buckets=frozenset())


def test_the_event_gets_the_answer_that_stands_beside_it() -> None:
    asked, answered = (json.loads(block) for block in code_blocks(README, "json"))

    request = taken(asked)
    now = request.requested_at
    begun = decide(None, request, now, RULES)
    ended = decide(begun.saga, taken(event("EXECUTION_COMPLETED", asked["execution_id"])), now + 1000, RULES)

    assert begun.messages == ("saga_started#1", "create_pod#1")
    assert ended.saga is not None
    body = render(ended.saga, "saga_completed#1", EXECUTION_SAGA).body
    assert {name: body[name] for name in answered} == answered
