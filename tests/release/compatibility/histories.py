"""How sagas come to every shape that today's code stores: events one after the other, through the handlers."""

from dataclasses import dataclass, field
from typing import Final

from tests.release.compatibility.corpus import golden_event
from tests.release.compatibility.deployment import Json, OlderTable

SECOND: Final = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """A golden event, changed in some fields; without a name a run of the checker. `after_ms` the step before."""

    event: str | None
    changes: Json = field(default_factory=dict)
    source: str = "executions"
    after_ms: int = 2 * SECOND


@dataclass(frozen=True, slots=True)
class History:
    about: str
    steps: tuple[Step, ...]
    settings: dict[str, str] = field(default_factory=dict)

    def play(self) -> OlderTable:
        deployment = OlderTable(self.settings)
        deployment.open_counter()
        for number, step in enumerate(self.steps, start=1):
            deployment.now += step.after_ms
            if step.event is None:
                deployment.check()
            else:
                detail = {**golden_event(f"EXECUTION_{step.event}"), "event_id": f"evt-{number}", **step.changes}
                deployment.deliver(detail, step.source)
        return deployment


def _cancel(actor: str) -> Step:
    return Step("CANCELLED.minimal", {"cancelled_by": actor})


REQUESTED: Final = Step("REQUESTED.full")
STARTED: Final = Step("STARTED.minimal")
COMPLETED: Final = Step("COMPLETED.full")
FAILED: Final = Step("FAILED.full")
TIMEOUT: Final = Step("TIMEOUT.minimal")
BY_OPERATOR: Final = Step("CANCELLED.minimal", source="saga-operator")
BY_OWNER: Final = _cancel("alice")
BY_ADMIN: Final = _cancel("root")
BY_STRANGER: Final = _cancel("mallory")
CHECK: Final = Step(None, after_ms=600 * SECOND)
TOO_LONG: Final = Step("REQUESTED.full", {"timeout_seconds": 301})
INVALID: Final = Step("REQUESTED.full", {"timeout_seconds": 0, "language": "Ruby"})
ANOTHER: Final = Step("REQUESTED.minimal", {"execution_id": "ex-0"})
_LIMIT_ONE: Final = {"DEFAULT_LANGUAGE_LIMIT": "1"}
_SWITCHED_OFF: Final = {"PUBLISH_COMMANDS": "false"}

HISTORIES: Final[dict[str, History]] = {
    "stub_started": History("a start came before its request", (STARTED,)),
    "stub_completed": History("a completion came before its request", (COMPLETED,)),
    "stub_failed": History("a failure came before its request", (FAILED,)),
    "stub_failed_minimal": History("a failure without an error type", (Step("FAILED.minimal"),)),
    "stub_timeout": History("the worker's time limit came before the request", (TIMEOUT,)),
    "stub_cancelled": History("somebody cancelled what was not requested yet", (BY_OWNER,)),
    "stub_cancelled_by_admin": History("an admin did, whom nobody has to ask", (BY_ADMIN,)),
    "stub_cancelled_by_operator": History("an operator did, who has no name", (BY_OPERATOR,)),
    "stub_of_many": History(
        "one of each kind, and two actors' cancels", (STARTED, BY_STRANGER, BY_OWNER, COMPLETED, FAILED, TIMEOUT)
    ),
    "running": History("a request that runs, with a claim", (REQUESTED,)),
    "running_traced": History("a request that names its trace", (Step("REQUESTED.traced"),)),
    "invalid_traced": History(
        "one that cannot be run and names its trace", (Step("REQUESTED.traced", {"timeout_seconds": 0}),)
    ),
    "running_minimal": History("nobody's request, with as little as allowed", (Step("REQUESTED.minimal"),)),
    "running_by_reference": History("the script lies in the requester's bucket", (Step("REQUESTED.by_reference"),)),
    "running_inline": History("the script travels in the command", (REQUESTED,), {"INLINE_SCRIPT_MAX_BYTES": "1024"}),
    "running_unlimited": History("no limit, no claim", (REQUESTED,), {"DEFAULT_LANGUAGE_LIMIT": "0"}),
    "running_without_commands": History("commands are switched off", (REQUESTED,), _SWITCHED_OFF),
    "running_after_foreign_cancel": History("a stranger's cancel came first and is ignored", (BY_STRANGER, REQUESTED)),
    "running_after_early_start": History("its pod was seen first", (STARTED, REQUESTED)),
    "started": History("its pod was seen", (REQUESTED, STARTED)),
    "completed": History("it completed", (REQUESTED, STARTED, COMPLETED)),
    "completed_unseen": History("it completed and nobody saw it start", (REQUESTED, COMPLETED)),
    "failed": History("it failed", (REQUESTED, STARTED, FAILED)),
    "failed_free_text": History(
        "its error type was no identifier", (REQUESTED, Step("FAILED.error_type_is_free_text"))
    ),
    "failed_without_commands": History("it failed, and no command ever went out", (REQUESTED, FAILED), _SWITCHED_OFF),
    "timeout": History("the worker's time limit", (REQUESTED, STARTED, TIMEOUT)),
    "start_deadline_passed": History("nobody saw it start", (REQUESTED, CHECK)),
    "run_deadline_passed": History("nobody saw it end", (REQUESTED, STARTED, CHECK)),
    "cancelled": History("its owner cancelled", (REQUESTED, BY_OWNER)),
    "cancelled_by_operator": History("an operator cancelled", (REQUESTED, STARTED, BY_OPERATOR)),
    "late_start": History("its pod was seen after the end, and is deleted again", (REQUESTED, BY_OWNER, STARTED)),
    "refused": History("the request asks for too much", (TOO_LONG,)),
    "refused_after_early_start": History(
        "it asks for too much, and yet a pod was seen",
        (STARTED, TOO_LONG),
    ),
    "invalid": History("the request cannot be run", (INVALID,)),
    "invalid_after_early_start": History("it cannot be run, and yet a pod was seen", (STARTED, INVALID)),
    "late_ends": History("its other ends came after its end", (REQUESTED, COMPLETED, STARTED, FAILED, TIMEOUT)),
    "second_pod": History(
        "another pod reported after it completed",
        (REQUESTED, Step("STARTED.full"), COMPLETED, Step("STARTED.minimal", {"pod_name": "pod-2"})),
    ),
    "refused_without_commands": History(
        "it asks for too much, a pod was seen, and commands are switched off", (STARTED, TOO_LONG), _SWITCHED_OFF
    ),
    "limit_reached": History("there was no room", (ANOTHER, REQUESTED), _LIMIT_ONE),
    "early_completed": History("it had completed before its request", (COMPLETED, REQUESTED)),
    "early_failed": History("it had failed before its request", (STARTED, FAILED, REQUESTED)),
    "early_timeout": History("it had met its time limit before its request", (TIMEOUT, REQUESTED)),
    "early_cancelled": History("its owner had cancelled before, after a stranger", (BY_STRANGER, BY_OWNER, REQUESTED)),
    "early_cancelled_by_admin": History("an admin had cancelled before", (BY_ADMIN, REQUESTED)),
}
