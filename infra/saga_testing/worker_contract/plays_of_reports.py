"""Obligations 9 and 10, and what arrives: events, their fields and their size, and what nobody else may read."""

import json
import time
from typing import Final

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.decoding import ForeignEventType, decode_event
from saga_testing.clauses import ClauseBroken
from saga_testing.worker_contract.commands import Json
from saga_testing.worker_contract.plays_of_order import PRINTS_ITS_OWN
from saga_testing.worker_contract.stage import (
    COMPLETED,
    FAILED,
    WorkerStage,
    expect,
    one_run,
    refused_to_run,
    types_of,
)

_MOST_BYTES: Final = 1_000_000
_CANARY: Final = "canary-5f1c"


def unknown_fields(stage: WorkerStage) -> str:
    create = stage.begin("wider", "print('wider')", colour="red", nested={"a": [1]})
    ended = stage.ended(create)
    expect(ended.get("stdout") == "wider\n", f"{ended['event_type']} of a create with a field more")
    return "fields that the contract does not name were ignored"


def malformed(stage: WorkerStage) -> str:
    good = stage.create("odd", PRINTS_ITS_OWN)
    broken = [
        {key: value for key, value in good.items() if key != "expires_at"},
        {**good, "timeout_seconds": 0},
        {**good, "runtime_filename": "../main.py"},
        {**good, "runtime_command": "python"},
        {**good, "expires_at": "soon"},
        {**good, "message_version": "9.9"},
        {"message_type": "CREATE_POD_COMMAND"},
    ]
    stage.send(*broken)
    stage.silence(good, what="a command that does not match its schema was guessed at")
    return f"{len(broken)} were dropped, and the worker went on"


def completion(stage: WorkerStage) -> str:
    create = stage.begin("fine", "import sys\nprint('out')\nprint('err', file=sys.stderr)")
    ended = one_run(stage, create)
    expect(ended["event_type"] == COMPLETED, f"it ended as {ended['event_type']}")
    expect(ended.get("exit_code") == 0, f"exit_code is {ended.get('exit_code')!r}")
    both = f"{ended.get('stdout')}{ended.get('stderr')}"
    expect("out\n" in both and "err\n" in both, f"what it printed is not told: {both[:200]!r}")
    return "started, completed, with its output"


def failure(stage: WorkerStage) -> str:
    create = stage.begin("crash", "print('before')\nraise SystemExit(3)")
    ended = one_run(stage, create)
    expect(ended["event_type"] == FAILED, f"it ended as {ended['event_type']}")
    expect(ended.get("exit_code") == 3, f"exit_code is {ended.get('exit_code')!r} instead of 3")
    expect(ended.get("stdout") == "before\n", f"what it printed is not told: {str(ended.get('stdout'))[:200]!r}")
    return f"failed with exit code 3, {ended.get('error_type')}"


def killed(stage: WorkerStage) -> str:
    # The first process of a container ignores the signal, and ends with the code that a shell would report.
    create = stage.begin("killed", "import os, sys\nos.kill(os.getpid(), 9)\nsys.exit(128 + 9)")
    ended = stage.ended(create)
    expect(ended["event_type"] == FAILED, f"it ended as {ended['event_type']}")
    expect(ended.get("exit_code") == 137, f"exit_code is {ended.get('exit_code')!r} instead of 137")
    return "failed with exit code 137"


def no_such_program(stage: WorkerStage) -> str:
    create = stage.begin("unknown", PRINTS_ITS_OWN, runtime_command=["no-such-program-5f1c"])
    ended = refused_to_run(stage, create)
    expect(ended.get("exit_code") in {126, 127}, f"exit_code is {ended.get('exit_code')!r}, neither 126 nor 127")
    return f"failed with exit code {ended.get('exit_code')}, and not started"


def no_such_image(stage: WorkerStage) -> str:
    image = stage.need(stage.given.unknown_image, "--unknown-image")
    create = stage.begin("imageless", PRINTS_ITS_OWN, runtime_image=image)
    stage.settle()
    stage.delete(create)
    stage.silence(create, after=1, what="more than one event about an image that is not there")
    told = types_of(stage.heard(create))
    expect(told in {"", FAILED}, f"an image that is not there was run: {told}")
    return f"{'failed' if told else 'nothing was said'}, and not started"


def fields_of_events(stage: WorkerStage) -> str:
    creates = [stage.begin("told", "print('told')"), stage.begin("told-badly", "raise SystemExit(4)")]
    for create in creates:
        stage.ended(create)
        stage.started(create)
        for event in stage.heard(create):
            _taken(event)
            found = (event.get("metadata") or {}).get("correlation_id")
            expect(found == create["correlation_id"], f"correlation_id is {found!r} in {event['event_type']}")
            expect(
                event.get("event_version") == "1.0" and event.get("timestamp"), f"{event['event_type']} lacks a head"
            )
        expect(stage.started(create).get("pod_name"), "EXECUTION_STARTED names no pod")
    return "the orchestrator's decoder finds fault with nothing"


def _taken(event: Json) -> None:
    """As the functions would read it."""
    try:
        fault = decode_event(event, EventType(event["event_type"])).unusable
    except (RejectedEvent, ForeignEventType, ValueError) as refused:
        raise ClauseBroken(f"{event.get('event_type')} would be rejected: {refused}") from None
    expect(not fault, f"{event['event_type']} has fields that cannot be used: {', '.join(fault)}")


def event_ids(stage: WorkerStage) -> str:
    creates = [stage.begin(name, "print('ids')") for name in ("ids-1", "ids-2")]
    ids: list[str] = []
    for create in creates:
        stage.started(create)
        stage.ended(create)
        ids += [str(event.get("event_id")) for event in stage.heard(create)]
    expect(len(set(ids)) == len(ids) == 4, f"event ids do not tell events apart: {sorted(ids)}")
    return "every event has an id of its own"


def usage(stage: WorkerStage) -> str:
    create = stage.begin("usage", "import time\ntime.sleep(0.2)")
    found = stage.ended(create).get("resource_usage")
    expect(isinstance(found, dict), f"resource_usage is {found!r}")
    seconds = found.get("wall_time_seconds") if isinstance(found, dict) else None
    expect(isinstance(seconds, int | float) and 0 <= seconds < 120, f"wall_time_seconds is {seconds!r}")
    return f"{', '.join(sorted(found or ()))}"


def much_output(stage: WorkerStage) -> str:
    create = stage.begin("loud", "for _ in range(3000): print('\\x01\"' * 500)")
    ended = stage.ended(create)
    size = len(json.dumps(ended, ensure_ascii=False).encode())
    expect(ended["event_type"] == COMPLETED, f"it ended as {ended['event_type']}")
    expect(size < _MOST_BYTES, f"an event of {size:,} bytes")
    stdout = str(ended.get("stdout"))
    expect(stdout.startswith('\x01"') and len(stdout) > 1000, "nothing is left of what it printed")
    expect("truncated" in stdout[-200:], f"nothing says that it was cut; it ends with {stdout[-40:]!r}")
    return f"an event of {size:,} bytes that says what was cut"


def odd_output(stage: WorkerStage) -> str:
    create = stage.begin("odd-bytes", "import sys\nsys.stdout.buffer.write(b'a\\xff\\x00b\\n')")
    ended = stage.ended(create)
    stdout = str(ended.get("stdout"))
    expect(ended["event_type"] == COMPLETED, f"it ended as {ended['event_type']}")
    expect(stdout.startswith("a") and stdout.rstrip().endswith("b"), f"the output became {stdout[:80]!r}")
    return "bytes that are no text did not stop the report"


def nothing_in_the_log(stage: WorkerStage) -> str:
    log = stage.need(stage.given.log, "--log")
    create = stage.begin("private", f"word = '{_CANARY}'\nprint(word[::-1])\nraise ValueError(word + word[::-1])")
    ended = stage.ended(create)
    expect(_CANARY[::-1] in str(ended.get("stdout")), "the output did not come")
    stage.settle()
    text = log.read_text(encoding="utf-8", errors="replace")
    expect(text, f"{log} is empty")
    found = [what for what, word in (("script", _CANARY), ("output", _CANARY[::-1])) if word in text]
    expect(not found, f"{' and '.join(found)} stands in the log")
    return "neither script nor output stands in the log"


def start_is_told(stage: WorkerStage) -> str:
    seconds = max(3.0, 2 * stage.given.quiet)
    create = stage.begin("announced", f"import time\ntime.sleep({seconds})")
    stage.started(create)
    begin = time.monotonic()
    stage.ended(create)
    lasted = time.monotonic() - begin
    expect(lasted > seconds / 3, f"a script of {seconds:g} s ended {lasted:.1f} s after its start was told")
    return "the start was told while the script ran"
