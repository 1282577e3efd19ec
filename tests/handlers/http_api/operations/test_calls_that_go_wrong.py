"""Whichever call of AWS goes wrong, an operation is prepared, started and aborted once."""

from contextlib import suppress
from typing import Any

import pytest

from saga_testing.deployment import Deployment
from saga_testing.faults import Fault, Killed
from saga_testing.http_door import HttpDoor
from saga_testing.wire import Wire
from tests.handlers.http_api.operations.desk import Desk, acts
from tests.handlers.http_api.parked_sagas import store_parked


@pytest.mark.parametrize(
    "fault", [Fault.REPLY_LOST, Fault.SDK_RETRIED, Fault.NOT_APPLIED, Fault.THROTTLED, Fault.KILLED_AFTER]
)
@pytest.mark.parametrize("part", ["prepare", "start", "abort"])
def test_a_call_that_goes_wrong_is_asked_again_and_done_once(stack: Deployment, part: str, fault: Fault) -> None:
    """At each call of AWS: the same request again ends as if nothing had happened."""
    store_parked(stack, 60)
    desk = Desk.of(stack)
    for number in range(40):
        wire = Wire(plan={number: fault})
        broken = Desk(stack, HttpDoor(stack.container(wire=wire, seed=number)))
        key = f"k-{number}"
        identity = "" if part == "prepare" else desk.prepared(key=f"p-{number}", reason=f"r {number}")
        tag = None if part == "prepare" else desk.one(identity).headers["etag"]

        def ask(at: Desk, key: str = key, identity: str = identity, tag: str | None = tag) -> Any:
            if part == "prepare":
                return at.prepare(key=key)
            return at.start(identity, key=key, if_match=tag) if part == "start" else at.abort(identity, key=key)

        wire.calls.clear()
        with suppress(Killed):
            assert ask(broken).status in {200, 201, 202, 503}
        told = ask(desk)
        assert told.status in {200, 201, 202}, told.body
        operation = told.json["operation"]
        assert operation["state"] == {"prepare": "prepared", "start": "running", "abort": "aborted"}[part]
        assert len(desk.items(operation["id"])) == 60
        of_it = [act for act in acts(stack) if act["target"]["S"] == f"operation:{operation['id']}"]
        assert len(of_it) == (part != "prepare")
        if len(wire.calls) <= number:
            return
    raise AssertionError("more calls than were tried")
