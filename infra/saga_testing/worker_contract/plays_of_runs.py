"""Obligations 5 to 8: what is run, how, within which limits, and how it is ended."""

import hashlib

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.entrypoints.saga_decoding import decode_reply
from saga_testing.clauses import ClauseBroken
from saga_testing.worker_contract.commands import FILENAME, Json, delete_command
from saga_testing.worker_contract.plays_of_order import PRINTS_ITS_OWN, RUNS_LONG
from saga_testing.worker_contract.stage import (
    COMPLETED,
    FAILED,
    TIMEOUT,
    WorkerStage,
    expect,
    moment,
    refused_to_run,
    types_of,
)

META = "$(echo pwned) `echo pwned`; echo pwned > pwned & exit 3 | *"
_MISMATCH = "ScriptMismatch"
_LIMIT = 5
"""Seconds, of which a busy machine needs some to bring a script to its first line."""
_HEARTBEATS = """
import subprocess, sys, time
beat = "import time\\nfor _ in range(400):\\n    open({path!r}, 'a').write('.')\\n    time.sleep(0.05)"
subprocess.Popen([sys.executable, "-c", beat])
print("begun", flush=True)
time.sleep({seconds})
"""


def other_bytes(stage: WorkerStage) -> str:
    create = stage.create("swapped", "print('mine')")
    create["script_ref"]["sha256"] = hashlib.sha256(b"print('ours')").hexdigest()
    return _mismatch(stage, create)


def other_length(stage: WorkerStage) -> str:
    create = stage.create("longer", "print('mine')")
    create["script_ref"]["size"] += 1
    return _mismatch(stage, create)


def by_reference(stage: WorkerStage) -> str:
    create = _referred(stage, "referred", "print('by reference')")
    stage.send(create)
    ended = stage.ended(create)
    expect(ended.get("stdout") == "by reference\n", f"{ended['event_type']}: {ended.get('error_type')}")
    return "the script was fetched and run"


def other_bytes_by_reference(stage: WorkerStage) -> str:
    create = _referred(stage, "replaced", "print('evil')")
    create["script_ref"]["sha256"] = hashlib.sha256(b"print('mine')").hexdigest()
    return _mismatch(stage, create)


def reference_to_nothing(stage: WorkerStage) -> str:
    create = stage.create("absent", "print('absent')", by_reference=True)
    create["script_ref"]["bucket"] = stage.need(stage.given.bucket, "--bucket")
    stage.send(create)
    refused_to_run(stage, create)
    return "failed, and not started"


def _referred(stage: WorkerStage, name: str, script: str) -> Json:
    put = stage.need(stage.given.put_script, "--bucket")
    create = stage.create(name, script, by_reference=True)
    create["script_ref"]["bucket"] = stage.given.bucket
    put(create["script_ref"]["key"], script.encode())
    return create


def _mismatch(stage: WorkerStage, create: Json) -> str:
    stage.send(create)
    ended = refused_to_run(stage, create)
    found = ended.get("error_type")
    expect(found == _MISMATCH, f"error_type is {found!r} instead of {_MISMATCH!r}")
    return f"failed with {_MISMATCH}, and not started"


def arguments_are_data(stage: WorkerStage) -> str:
    program = stage.create("program", "")["runtime_command"][0]
    code = "import sys, os; print(sys.argv[1:], os.path.exists('pwned'))"
    create = stage.begin("vector", "print('unused')", runtime_command=[program, "-c", code, META])
    ended, expected = stage.ended(create), f"{[META, FILENAME]} False\n"
    expect(ended.get("stdout") == expected, f"the process got {str(ended.get('stdout'))[:200]!r}")
    return "metacharacters came to the process as they were sent"


def script_lies_in_the_working_directory(stage: WorkerStage) -> str:
    code = "import os, sys\nprint(os.path.basename(sys.argv[0]), os.path.exists('other name.py'.split()[1]))"
    create = stage.begin("named", code, runtime_filename="name.py")
    found = stage.ended(create).get("stdout")
    expect(found == "name.py True\n", f"the script found {str(found)[:200]!r}")
    return "the script was run under its name, in its directory"


def time_limit(stage: WorkerStage) -> str:
    create = stage.begin("endless", "print('begun', flush=True)\nwhile True: pass", timeout_seconds=_LIMIT)
    started, ended = stage.started(create), stage.ended(create)
    lasted = (moment(ended) - moment(started)).total_seconds()
    expect(ended["event_type"] == TIMEOUT, f"it ended as {ended['event_type']}")
    expect(
        ended.get("timeout_seconds") == _LIMIT,
        f"timeout_seconds is {ended.get('timeout_seconds')!r} instead of {_LIMIT}",
    )
    expect("begun" in str(ended.get("stdout")), "what was printed before the limit is lost")
    expect(lasted > _LIMIT - 2, f"the limit of {_LIMIT} s struck after {lasted:.1f} s")
    return f"ended at its limit of {_LIMIT} s"


def time_limit_ends_children(stage: WorkerStage) -> str:
    create = stage.create("family", "")
    beats = stage.beats(create)
    create = stage.begin("family", _with_child(stage, create), timeout_seconds=_LIMIT)
    stage.ended(create)
    expect(beats(), "the script's child never lived")
    stage.still(beats, "a child of the script outlived the time limit")
    return "the script's child ended with it"


def memory_limit(stage: WorkerStage) -> str:
    create = stage.begin("hungry", "held = bytearray(512 << 20)\nprint(len(held))", memory_limit="128Mi")
    ended = stage.ended(create)
    expect(ended["event_type"] == FAILED, f"512 MiB were held under a limit of 128Mi: {ended['event_type']}")
    return f"failed with {ended.get('error_type')}"


def limits_that_are_none(stage: WorkerStage) -> str:
    create = stage.begin("plenty", PRINTS_ITS_OWN, memory_limit="plenty")
    refused_to_run(stage, create)
    return "failed, and not started"


def delete_ends_it(stage: WorkerStage) -> str:
    create = stage.begin("running", RUNS_LONG)
    stage.started(create)
    stage.delete(create)
    stage.silence(create, after=1, what="published after the delete")
    return "nothing was published after the delete"


def delete_ends_children(stage: WorkerStage) -> str:
    create = stage.create("orphan", "")
    beats = stage.beats(create)
    create = stage.begin("orphan", _with_child(stage, create))
    stage.wait_for(lambda: beats() > 0, "the script's child did not live")
    stage.delete(create)
    stage.settle()
    stage.still(beats, "a process of the script outlived the delete")
    return "the script and its child ended"


def delete_of_what_has_ended(stage: WorkerStage) -> str:
    create = stage.begin("done", PRINTS_ITS_OWN)
    stage.started(create)
    expect(stage.ended(create)["event_type"] == COMPLETED, f"it did not complete: {types_of(stage.heard(create))}")
    stage.delete(create)
    stage.silence(create, after=2, what="published after the delete of what had ended")
    return "nothing was published"


def deletes_of_nothing(stage: WorkerStage) -> str:
    create = stage.create("never", PRINTS_ITS_OWN)
    delete = stage.delete(create)
    stage.send(delete)
    stage.delete(create, 2)
    stage.silence(create, what="published for a delete of nothing")
    return "three deletes, and the worker went on"


def deletes_are_answered(stage: WorkerStage) -> str:
    running = stage.begin("confirmed", RUNS_LONG)
    stage.started(running)
    absent = stage.create("confirmed-nothing", PRINTS_ITS_OWN)
    for create in (running, absent):
        delete = delete_command(create["execution_id"], asks=True)
        for times in (1, 2):
            stage.send(delete)
            for reply in stage.answered(delete, times):
                _done(reply)
    return "done, each time it came, of what ran and of what was not there"


def _done(reply: Json) -> None:
    try:
        decode_reply(reply)
    except RejectedEvent as refused:
        raise ClauseBroken(f"the answer would be rejected: {refused}") from None
    expect(reply["outcome"] == "done", f"the answer is {reply['outcome']}")


def others_are_not_answered(stage: WorkerStage) -> str:
    create = stage.create("unconfirmed", PRINTS_ITS_OWN)
    delete = stage.delete(create)
    stage.settle()
    stage.pause()
    found = stage.replies(delete)
    expect(not found, f"{len(found)} answers that nobody waits for")
    return "not answered"


def _with_child(stage: WorkerStage, create: Json) -> str:
    folder = stage.need(stage.given.shared, "--shared")
    return _HEARTBEATS.replace("{path!r}", repr(str(folder / create["execution_id"]))).replace("{seconds}", "110")
