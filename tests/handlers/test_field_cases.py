"""Events as real senders write them, through the real handlers, by EventBridge and by Kafka, with the right outcome."""

import ast
import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import OWN_FIELDS, event, eventbridge, kafka
from tests.handlers.field_registry import CASES, CLAIMS, NOT_YET_CLAIMED

FIELD_CASES = (
    "completed-half-emoji",
    "failed-surrogateescape-message",
    "completed-half-emoji-in-usage",
    "completed-exit-code-float",
    "failed-exit-code-float",
    "failed-exit-code-fraction",
    "failed-exit-code-null",
    "failed-message-null",
    "completed-usage-text",
    "started-no-pod-name",
    "started-node-name-long",
    "timeout-nothing-but-identity",
    "request-timeout-float",
    "request-timeout-fraction",
    "request-timeout-zero",
    "request-language-capital",
    "request-memory-K",
    "request-memory-1Ti",
    "request-cpu-above-limit",
    "request-image-with-scheme",
    "request-user-arn",
    "cancel-no-reason",
    "no-correlation-id",
    "second-pod-after-completion",
    "shadow-start-first",
)
TESTS: Final = Path(__file__).parents[1]
ENDED: Final[dict[str, dict[str, Any]]] = {
    "completed-half-emoji": {"state": "completed", "exit_code": 0, "unusable": ["stdout"]},
    "failed-surrogateescape-message": {"state": "failed", "exit_code": 1, "unusable": ["error_message"]},
    "completed-half-emoji-in-usage": {"state": "completed", "exit_code": 0, "unusable": []},
    "completed-exit-code-float": {"state": "completed", "exit_code": 0, "unusable": []},
    "failed-exit-code-float": {"state": "failed", "exit_code": 137, "unusable": []},
    "failed-exit-code-fraction": {"state": "failed", "exit_code": None, "unusable": ["exit_code"]},
    "failed-exit-code-null": {"state": "failed", "exit_code": None, "unusable": ["exit_code"]},
    "failed-message-null": {"state": "failed", "exit_code": 1, "unusable": ["error_message"]},
    "completed-usage-text": {"state": "completed", "exit_code": 0, "unusable": ["resource_usage"]},
    "timeout-nothing-but-identity": {"state": "timeout", "exit_code": None, "unusable": []},
    "cancel-no-reason": {"state": "cancelled", "exit_code": None, "unusable": []},
    "no-correlation-id": {"state": "completed", "exit_code": 0, "unusable": []},
}
ANSWERED: Final = {
    "request-timeout-fraction": ("timeout_seconds", "whole number from 1"),
    "request-timeout-zero": ("timeout_seconds", "whole number from 1"),
    "request-language-capital": ("language", "a-z"),
    "request-memory-K": ("memory_limit", "k and Ki, never K"),
    "request-cpu-above-limit": ("cpu_request", "not be more than cpu_limit"),
    "request-image-with-scheme": ("runtime_image", "without a scheme"),
}


@dataclass
class Heard:
    """What the functions report: the counts, and the fields that a line names."""

    counts: Counter[str] = field(default_factory=Counter)
    named: list[tuple[str, ...]] = field(default_factory=list)

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] += value

    def measure(self, name: str, value: int, **dimensions: str) -> None:
        """No saga of these has steps that wait."""

    def gauge(self, name: str, value: int) -> None:
        self.counts[name] = value

    def info(self, message: str, **fields: Any) -> None:
        pass

    def warn(self, message: str, **fields: Any) -> None:
        self.named.append(fields["fields"])

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def flush(self) -> None:
        pass


Deliver = Callable[[World, dict[str, Any]], None]


def _by_eventbridge(world: World, detail: dict[str, Any]) -> None:
    world.function(detail["event_type"]).run(json.loads(json.dumps(eventbridge(detail))), Context())


def _by_kafka(world: World, detail: dict[str, Any]) -> None:
    world.function(detail["event_type"]).run(kafka(_as_json(detail)), Context())


def _as_json(detail: dict[str, Any]) -> bytes:
    return json.dumps(detail).replace("Infinity", "1e400").encode()


@pytest.fixture(params=[_by_eventbridge, _by_kafka], ids=["eventbridge", "kafka"])
def deliver(request: pytest.FixtureRequest) -> Deliver:
    by: Deliver = request.param
    return by


def changed(case_id: str) -> dict[str, Any]:
    """The otherwise valid event of a case, as its `set`, `remove` and metadata say."""
    given: dict[str, Any] = CASES[case_id]["given"]
    detail: dict[str, Any] = event(given["event"]) | given.get("set", {})
    detail["metadata"] |= given.get("metadata", {})
    for name in given.get("remove", ()):
        del detail[name]
    for name in given.get("remove_metadata", ()):
        del detail["metadata"][name]
    return detail


def told(world: World, message_type: str) -> list[dict[str, Any]]:
    """What the relay would publish of this type, from the saga as it is stored."""
    saga = world.saga()
    assert saga is not None
    sent, skipped = world.at.relay.send_again("ex-1", "execution_saga")
    assert skipped == [] or all("create_pod" in each for each in skipped)
    assert len(sent) == len(world.published)
    return [body for body in world.published if body["message_type"] == message_type]


def test_the_yardsticks_name_every_event_case() -> None:
    of_events = {name for name, case in CASES.items() if "event" in case["given"] and "aws" not in case["given"]}

    started = {"started-no-pod-name", "started-node-name-long"}
    running = {"request-timeout-float", "request-memory-1Ti", "request-user-arn"}
    assert of_events == {*ENDED, *ANSWERED} | started | running


@pytest.mark.parametrize("case_id", ENDED)
def test_an_end_counts_whatever_is_wrong_beside_it(world: World, deliver: Deliver, case_id: str) -> None:
    heard = Heard()
    world.report_to(heard)
    expected = ENDED[case_id]
    deliver(world, event("EXECUTION_REQUESTED"))
    deliver(world, event("EXECUTION_STARTED"))
    deliver(world, changed(case_id))

    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.exit_code, world.slots()) == (expected["state"], expected["exit_code"], 0)
    assert world.rejected() == []
    assert heard.named == [tuple(expected["unusable"])] * bool(expected["unusable"])
    assert heard.counts["UnusableFields"] == len(expected["unusable"])


@pytest.mark.parametrize("case_id", ["started-no-pod-name", "started-node-name-long"])
def test_a_start_counts_without_its_names(world: World, deliver: Deliver, case_id: str) -> None:
    deliver(world, event("EXECUTION_REQUESTED"))
    deliver(world, changed(case_id))

    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.has_started, saga.deadline) == ("running", True, world.now + (30 + 180) * 1000)
    assert not saga.has_emitted("delete_pod")
    assert saga.node_name == ("n" * 24 + "~" + "n" * 38 if case_id == "started-node-name-long" else None)
    assert world.rejected() == []


@pytest.mark.parametrize("case_id", ANSWERED)
def test_who_asks_wrongly_is_told_what_would_be_right(world: World, deliver: Deliver, case_id: str) -> None:
    wrong, words = ANSWERED[case_id]
    detail = changed(case_id)
    for _ in range(2):
        deliver(world, detail)

    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.reason, saga.owner, saga.version) == ("failed", "invalid_request", "alice", 1)
    assert (world.rejected(), world.slots()) == ([], 0)
    [message] = told(world, "SAGA_FAILED")
    assert message["reason"] == "invalid_request"
    assert message["invalid_fields"] == [wrong]
    assert words in message["explanation"]
    assert "_" not in message["explanation"].replace(wrong, "").replace("cpu_limit", "").replace(" _ ", " ")


def test_the_same_execution_asked_for_again_in_other_words_is_a_conflict(world: World, deliver: Deliver) -> None:
    deliver(world, event("EXECUTION_REQUESTED", timeout_seconds=0))
    deliver(world, event("EXECUTION_REQUESTED"))
    deliver(world, event("EXECUTION_REQUESTED", timeout_seconds=-1))

    assert [pointer["reason"] for pointer in world.rejected()] == ["conflicting_request"] * 2
    saga = world.saga()
    assert saga is not None
    assert saga.reason == "invalid_request"


@pytest.mark.parametrize("case_id", ["request-timeout-float", "request-memory-1Ti", "request-user-arn"])
def test_what_is_right_in_other_spelling_runs(world: World, deliver: Deliver, case_id: str) -> None:
    deliver(world, changed(case_id))

    saga = world.saga()
    assert saga is not None
    assert saga.request is not None
    assert (saga.state, world.rejected()) == ("running", [])
    changes = CASES[case_id]["given"].get("set", {})
    assert {name: getattr(saga.request, name) for name in changes} == changes
    assert saga.owner == CASES[case_id]["given"].get("metadata", {}).get("user_id", "alice")


def test_another_pod_after_completion_is_deleted(world: World, deliver: Deliver) -> None:
    """second-pod-after-completion"""
    deliver(world, event("EXECUTION_REQUESTED"))
    deliver(world, event("EXECUTION_STARTED", pod_name="pod-1"))
    deliver(world, event("EXECUTION_COMPLETED"))
    deliver(world, event("EXECUTION_STARTED", pod_name="pod-2"))

    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.outbox) == ("completed", ("delete_pod#1",))
    [delete] = told(world, "DELETE_POD_COMMAND")
    assert delete["reason"] == "started_after_end"


def test_in_shadow_mode_no_command_of_any_kind_goes_out_nor_later(world: World, deliver: Deliver) -> None:
    """shadow-start-first"""
    world.reconfigure(PUBLISH_COMMANDS="false")
    deliver(world, event("EXECUTION_STARTED"))
    deliver(world, event("EXECUTION_REQUESTED", timeout_seconds=301))
    deliver(world, event("EXECUTION_STARTED"))
    world.reconfigure(PUBLISH_COMMANDS="true")
    deliver(world, event("EXECUTION_STARTED"))

    saga = world.saga()
    assert saga is not None
    assert (saga.state, saga.reason) == ("failed", "timeout_too_long")
    assert [key for entry in saga.timeline for key in entry.messages] == ["saga_failed#1"]


@pytest.mark.parametrize("value", [None, 5, [], {}, "\ud800", 1e400, True], ids=repr)
@pytest.mark.parametrize("event_type", [name for name in OWN_FIELDS if name != "EXECUTION_REQUESTED"])
def test_any_field_beside_the_identity_may_hold_anything(world: World, event_type: str, value: Any) -> None:
    """The kind behind the cases: each field of each event in turn, then all of them at once."""
    identity = {"event_id", "event_type", "execution_id", "event_version"}
    names = [name for name in event(event_type) if name not in identity | {"cancelled_by"}]
    for number, broken in enumerate([*([name] for name in names), names]):
        execution_id = f"ex-{number}"
        detail = event(event_type, execution_id) | dict.fromkeys(broken, value)
        world.deliver(event("EXECUTION_REQUESTED", execution_id))
        _by_kafka(world, detail)
        saga = world.saga(execution_id)
        assert saga is not None
        assert saga.version == 2, (broken, value)
    assert world.rejected() == []
    assert world.slots() == (len(names) + 1 if event_type == "EXECUTION_STARTED" else 0)


def _claimed() -> dict[str, list[str]]:
    """Case ids to the test modules that claim them."""
    claims: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == CLAIMS for t in node.targets):
                for case_id in ast.literal_eval(node.value):
                    claims.setdefault(case_id, []).append(path.name)
    return claims


def test_every_case_is_claimed_by_a_test_or_listed_as_open() -> None:
    claims = _claimed()

    assert set(claims) | NOT_YET_CLAIMED == set(CASES)
    assert set(claims) & NOT_YET_CLAIMED == set()
