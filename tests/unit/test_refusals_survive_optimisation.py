"""The wrong event type is refused by an error of its own, also where Python drops every assert statement."""

import subprocess
import sys

PROGRAM = """
from saga_orchestrator.domain.errors import WrongEventType
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.decoding import decode_event

if __debug__:
    raise SystemExit("asserts are on: this proves nothing")
try:
    decode_event({"event_type": "EXECUTION_STARTED"}, EventType.REQUESTED)
except WrongEventType as refused:
    print(refused)
"""


def test_the_wrong_event_type_is_refused_without_asserts() -> None:
    answer = subprocess.run([sys.executable, "-O", "-c", PROGRAM], capture_output=True, text=True, check=True)

    assert answer.stdout == "wrong_event_type: this function handles EXECUTION_REQUESTED, not EXECUTION_STARTED\n"
