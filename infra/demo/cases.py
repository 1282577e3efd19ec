"""The demo's cases, as data: what is sent, when, which script runs, and how it must end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from demo.expectations import Expected, Pods
from stack_client import Transport


class What(StrEnum):
    """Something that the demo sends for an execution."""

    REQUEST = "request"
    REQUEST_AGAIN = "request again"
    """Another event, the same content: what a requester's own retry makes."""
    OTHER_REQUEST = "other request"
    """The same execution, other content: a conflict, to be rejected."""
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCEL_BY_OWNER = "cancel by owner"
    CANCEL_BY_ADMIN = "cancel by admin"
    CANCEL_BY_OPERATOR = "cancel by operator"
    CANCEL_BY_STRANGER = "cancel by stranger"
    CANCEL_BY_NOBODY = "cancel by nobody"
    COMMAND_AGAIN = "command again"
    """The bus delivers CREATE_POD_COMMAND a second time."""


class Fact(StrEnum):
    """Something that the demo can see, and wait for."""

    REMEMBERED = "remembered"
    """The table holds a stub for the execution."""
    COMMANDED = "commanded"
    """CREATE_POD_COMMAND is on the bus."""
    POD_STARTED = "pod started"
    """The worker has published the start."""
    ENDED = "ended"
    """The saga has announced its outcome."""


@dataclass(frozen=True)
class Beat:
    """Send `what` once `after` is seen."""

    what: What
    after: Fact | None = None
    copies: int = 1
    """The same event, so many times: at-least-once delivery at its worst."""


@dataclass(frozen=True)
class Case:
    """One kind of execution."""

    slug: str
    """Beginning of the execution ids; the worker's faults go by it too."""
    title: str
    share: float
    """Of all executions; every case gets at least one."""
    expected: tuple[Expected, ...]
    """Normally one. Several where the ending depends on who comes first."""
    scripts: tuple[str, ...] = ("primes.py",)
    beats: tuple[Beat, ...] = (Beat(What.REQUEST),)
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the request that differ from an ordinary one."""
    transport: Transport | None = None
    """None: half of them each way."""
    heavy: bool = False
    """Megabytes on the way: one at a time, as the built-in broker keeps 5 MB of a partition."""
    rejects: tuple[str, ...] = ()
    """Reasons for which one event each of such an execution is rejected."""
    wave: int = 0
    """Sent once all executions of the wave before have ended."""


COMPLETED = Expected("completed", "execution_completed", Pods.CREATED, exit_code=0)
CANCELLED = Expected("cancelled", "cancelled", Pods.CREATED_AND_DELETED)
UNBORN = Expected("cancelled", "cancelled", Pods.NONE)
TIMED_OUT = Expected("timeout", "execution_timeout", Pods.CREATED_AND_DELETED)

BURST_LANGUAGE, BURST_LIMIT = "python-batch", 5
BURST_SLUG = "burst"

_PYTHON = ("primes.py", "word_count.py", "collatz.py", "json_report.py", "game_of_life.py")
_BASH = ("fizzbuzz.sh", "countdown.sh", "fibonacci.sh")
_LONG = ("long_job.py",)
_ONE_SECOND = {"timeout_seconds": 1}
_ALL_TWICE = (Beat(What.REQUEST, copies=2), Beat(What.REQUEST_AGAIN), Beat(What.COMMAND_AGAIN, after=Fact.COMMANDED))


def _crashed(exit_code: int, error_type: str = "ScriptError") -> tuple[Expected, ...]:
    return (Expected("failed", "execution_failed", Pods.CREATED_AND_DELETED, exit_code, error_type),)


def _refused(reason: str) -> tuple[Expected, ...]:
    return (Expected("failed", reason, Pods.NONE),)


def _request_after(*early: Beat) -> tuple[Beat, ...]:
    return (*early, Beat(What.REQUEST, after=Fact.REMEMBERED))


CASES: tuple[Case, ...] = (
    Case("python", "quick Python script", 0.24, (COMPLETED,), _PYTHON),
    Case("bash", "quick Bash script", 0.15, (COMPLETED,), _BASH),
    Case("slow", "slow script", 0.04, (COMPLETED,), ("slow.py",)),
    Case("raise", "uncaught exception", 0.03, _crashed(1), ("crash.py",)),
    Case("exit", "exit code 7", 0.03, _crashed(7), ("exit_seven.sh",)),
    Case("segv", "segmentation fault", 0.015, _crashed(139, "Killed"), ("segfault.py",)),
    Case("memory", "memory beyond its limit", 0.01, _crashed(1), ("out_of_memory.py",)),
    Case(
        "ruby",
        "runtime that the worker lacks",
        0.01,
        _crashed(127, "RuntimeUnavailable"),
        changes={"language": "ruby", "runtime_command": ["ruby"], "runtime_image": "ruby:3.3-slim"},
    ),
    Case("spin", "loop beyond the time limit", 0.015, (TIMED_OUT,), ("spin.py",), changes=_ONE_SECOND),
    Case("wait", "wait beyond the time limit", 0.015, (TIMED_OUT,), ("wait_forever.sh",), changes=_ONE_SECOND),
    Case("print", "prints four megabytes", 0.01, (COMPLETED,), ("megabytes.py",), heavy=True),
    Case("mebi", "1 MiB script over Kafka", 0.005, (COMPLETED,), ("=1048576",), transport=Transport.KAFKA, heavy=True),
    Case("ref", "1 MiB script by reference", 0.005, (COMPLETED,), ("@1048576",), heavy=True),
    Case(
        "large",
        "script over 1 MiB",
        0.005,
        _refused("script_too_large"),
        ("=1048577",),
        transport=Transport.KAFKA,
        heavy=True,
    ),
    Case("empty", "empty script", 0.01, _refused("script_empty"), ("=0",)),
    Case("toolong", "time limit too long", 0.01, _refused("timeout_too_long"), changes={"timeout_seconds": 301}),
    Case("cobol", "language not allowed", 0.01, _refused("language_not_allowed"), changes={"language": "cobol"}),
    Case("image", "image not allowed", 0.01, _refused("image_not_allowed"), changes={"runtime_image": "evil:latest"}),
    Case("old", "request of two days ago", 0.01, _refused("expired"), changes={"timestamp": "-172800"}),
    Case(
        "early",
        "cancel before the request",
        0.02,
        (UNBORN,),
        beats=_request_after(Beat(What.CANCEL_BY_OWNER)),
    ),
    Case(
        "cancel1",
        "cancel by the owner while it runs",
        0.015,
        (CANCELLED,),
        _LONG,
        beats=(Beat(What.REQUEST), Beat(What.CANCEL_BY_OWNER, after=Fact.POD_STARTED)),
    ),
    Case(
        "cancel2",
        "cancel by an admin while it runs",
        0.01,
        (CANCELLED,),
        _LONG,
        beats=(Beat(What.REQUEST), Beat(What.CANCEL_BY_ADMIN, after=Fact.POD_STARTED, copies=2)),
    ),
    Case(
        "cancel3",
        "cancel by an operator while it runs",
        0.01,
        (CANCELLED,),
        _LONG,
        beats=(Beat(What.REQUEST), Beat(What.CANCEL_BY_OPERATOR, after=Fact.POD_STARTED)),
    ),
    Case(
        "chase",
        "cancel on the heels of the create",
        0.015,
        (CANCELLED,),
        _LONG,
        beats=(Beat(What.REQUEST), Beat(What.CANCEL_BY_OWNER, after=Fact.COMMANDED)),
    ),
    Case(
        "after",
        "cancel after the end",
        0.02,
        (COMPLETED,),
        _PYTHON,
        beats=(Beat(What.REQUEST), Beat(What.CANCEL_BY_OWNER, after=Fact.ENDED)),
    ),
    Case(
        "mallory",
        "cancel by somebody else",
        0.01,
        (COMPLETED,),
        ("slow.py",),
        beats=(Beat(What.REQUEST), Beat(What.CANCEL_BY_STRANGER, after=Fact.COMMANDED)),
        rejects=("unauthorised_cancel",),
    ),
    Case(
        "nobody",
        "cancel by nobody",
        0.01,
        (COMPLETED,),
        _BASH,
        beats=(Beat(What.REQUEST), Beat(What.CANCEL_BY_NOBODY, after=Fact.COMMANDED)),
        rejects=("no_actor",),
    ),
    Case(
        "conflict",
        "second request with other content",
        0.01,
        (COMPLETED,),
        _BASH,
        beats=(Beat(What.REQUEST), Beat(What.OTHER_REQUEST, after=Fact.COMMANDED)),
        rejects=("conflicting_request",),
    ),
    Case("twice", "everything comes twice", 0.06, (COMPLETED,), (*_PYTHON, *_BASH), beats=_ALL_TWICE),
    Case("twicefail", "everything comes twice, and it fails", 0.015, _crashed(7), ("exit_seven.sh",), beats=_ALL_TWICE),
    Case(
        "endfirst",
        "its end comes first",
        0.02,
        (Expected("completed", "execution_completed", Pods.NONE, exit_code=0),),
        beats=_request_after(Beat(What.COMPLETED)),
    ),
    Case(
        "failfirst",
        "its failure comes first",
        0.015,
        (Expected("failed", "execution_failed", Pods.NONE, 3, "ScriptError"),),
        beats=_request_after(Beat(What.FAILED)),
    ),
    Case(
        "reversed",
        "time-out, start, request: backwards",
        0.01,
        (Expected("timeout", "execution_timeout", Pods.DELETED),),
        beats=(
            Beat(What.TIMEOUT),
            Beat(What.STARTED, after=Fact.REMEMBERED),
            Beat(What.REQUEST, after=Fact.REMEMBERED),
        ),
    ),
    Case(
        "startfirst",
        "its start comes first",
        0.015,
        (COMPLETED,),
        _BASH,
        _request_after(Beat(What.STARTED)),
    ),
    Case(
        "mallory2",
        "somebody else cancels before the request",
        0.01,
        (COMPLETED,),
        _BASH,
        beats=_request_after(Beat(What.CANCEL_BY_STRANGER)),
    ),
    Case(
        "stuck",
        "pod never starts: start deadline",
        0.02,
        (Expected("timeout", "start_deadline_passed", Pods.CREATED_AND_DELETED),),
    ),
    Case(
        "mute",
        "pod falls silent: run deadline",
        0.01,
        (Expected("timeout", "run_deadline_passed", Pods.CREATED_AND_DELETED),),
        changes=_ONE_SECOND,
    ),
    Case(
        BURST_SLUG,
        f"burst of {BURST_LANGUAGE}, limit {BURST_LIMIT}",
        0.06,
        (COMPLETED, *_refused("limit_reached")),
        ("hold_slot.py",),
        changes={"language": BURST_LANGUAGE},
    ),
    Case(
        "burst2",
        "the burst's slots are free again",
        0.01,
        (COMPLETED,),
        _PYTHON,
        changes={"language": BURST_LANGUAGE},
        wave=1,
    ),
)
