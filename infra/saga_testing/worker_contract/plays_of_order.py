"""Obligations 1 to 4: messages that come again, in any order, and too late."""

import time
from datetime import timedelta

from saga_testing.worker_contract.commands import delete_command, now, rfc3339
from saga_testing.worker_contract.stage import WorkerStage, expect, one_run, types_of

RUNS_A_MOMENT = "import time, uuid\nprint(uuid.uuid4(), flush=True)\ntime.sleep(1)"
PRINTS_ITS_OWN = "import uuid\nprint(uuid.uuid4())"
RUNS_LONG = "import time\nprint('begun', flush=True)\ntime.sleep(110)"


def same_create_while_it_runs(stage: WorkerStage) -> str:
    create = stage.begin("again", RUNS_A_MOMENT)
    stage.started(create)
    stage.send(create, create)
    stage.ended(create)
    stage.silence(create, after=2, what="after three deliveries of one create")
    one_run(stage, create)
    return "three deliveries, one run"


def same_create_after_its_end(stage: WorkerStage) -> str:
    create = stage.begin("afterwards", PRINTS_ITS_OWN)
    stage.ended(create)
    stage.send(create)
    stage.silence(create, after=2, what="after the create came again")
    return "nothing more was said"


def another_create(stage: WorkerStage) -> str:
    create = stage.begin("second", RUNS_A_MOMENT)
    stage.started(create)
    stage.send({**create, "message_id": create["message_id"].replace("#1", "#2")})
    stage.ended(create)
    stage.silence(create, after=2, what="after a second create of one execution")
    one_run(stage, create)
    return "two creates, one run"


def ids_that_differ_little(stage: WorkerStage) -> str:
    first = stage.begin("Alike_x", "print('first')")
    second = stage.begin("alike_x", "print('second')")
    for create, output in ((first, "first"), (second, "second")):
        found = str(stage.ended(create).get("stdout")).strip()
        expect(found == output, f"{create['execution_id']} printed {found!r} instead of {output!r}")
    pods = {str(stage.started(create).get("pod_name")) for create in (first, second)}
    expect(len(pods) == 2, f"one pod for two executions: {min(pods)}")
    return "two executions, two pods"


def delete_before_create(stage: WorkerStage) -> str:
    create = stage.create("early", PRINTS_ITS_OWN)
    stage.delete(create)
    # No order is promised on the way: the worker shall have taken the delete.
    stage.settle()
    stage.pause()
    stage.send(create)
    stage.never_run(create, "the create was obeyed after its delete")
    return "the create was refused"


def create_after_its_pod_was_deleted(stage: WorkerStage) -> str:
    create = stage.begin("deleted", RUNS_LONG)
    stage.started(create)
    stage.delete(create)
    stage.settle()
    stage.pause()
    before = stage.starts(create)
    stage.send(create, {**create, "message_id": create["message_id"].replace("#1", "#2")})
    stage.settle()
    stage.pause()
    after = stage.starts(create)
    stage.delete(create, 2)  # so that what should not run takes no other clause's room
    expect(after == before, "a create was obeyed after the delete: it was started again")
    return "both creates were refused"


def delete_outlives_a_restart(stage: WorkerStage) -> str:
    restart = stage.need(stage.given.restart, "--restart")
    create = stage.create("reborn", PRINTS_ITS_OWN)
    stage.delete(create)
    stage.settle()
    restart()
    stage.send(create)
    stage.never_run(create, "the create was obeyed after its delete and a restart")
    return "the create was refused after the restart"


def runs_outlive_a_restart(stage: WorkerStage) -> str:
    """Commands that were taken before it have their events after it."""
    restart = stage.need(stage.given.restart, "--restart")
    create = stage.begin("kept", RUNS_A_MOMENT)
    stage.started(create)
    restart()
    stage.ended(create)
    stage.silence(create, after=2, what="after the restart")
    one_run(stage, create)
    return "the run before the restart was reported after it, once"


def expired_create(stage: WorkerStage) -> str:
    past = rfc3339(now() - timedelta(seconds=60))
    create = stage.begin("late", PRINTS_ITS_OWN, expires_at=past)
    stage.never_run(create, "a create was obeyed a minute after it had expired")
    return "the create was refused"


def create_that_expires_while_it_waits(stage: WorkerStage) -> str:
    room: int = stage.need(stage.given.room, "--room")
    crowd = [stage.begin(f"crowd{number}", RUNS_LONG) for number in range(room)]
    for create in crowd:
        stage.started(create)
    waiting = stage.begin("waited", PRINTS_ITS_OWN, expires_at=rfc3339(now() + timedelta(seconds=1)))
    time.sleep(1 + max(1.0, stage.given.quiet))
    seen = stage.heard(waiting)
    expect(not seen, f"{room} ran, and another one beside them: {types_of(seen)}")
    stage.send(*(delete_command(create["execution_id"]) for create in crowd))
    stage.never_run(waiting, "a create was obeyed that had expired while it waited for room")
    return f"{room} ran, and the one that waited was refused"
