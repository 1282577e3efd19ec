"""An operation is started or aborted once, by whoever may, and not long after it was prepared."""

from saga_testing.deployment import Deployment
from saga_testing.faults import Fault
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor
from saga_testing.wire import Wire
from tests.handlers.http_api.operations.desk import UNKNOWN_ID, Desk, acts
from tests.handlers.http_api.parked_sagas import store_parked, undos


def test_start_is_judged_in_order(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)
    identity = desk.prepared(ADMIN, verb="skip")
    tag = desk.one(identity).headers["etag"]

    assert desk.start(identity, READER).code == "forbidden"
    assert desk.start(identity, OPERATOR).code == "forbidden"  # a skip is an admin's, whoever prepared it
    assert desk.start(UNKNOWN_ID, ADMIN, if_match='"v1-1"').code == "not_found"
    assert desk.start("../acts", ADMIN, if_match='"v1-1"').code == "not_found"
    assert desk.start(identity, ADMIN, body="{}").code == "bad_body"
    assert desk.start(identity, ADMIN, body='{"reason":" "}').code == "malformed"
    assert desk.start(identity, ADMIN, key=None).code == "idempotency_key_needed"
    assert desk.start(identity, ADMIN, if_match=None).code == "if_match_needed"
    assert desk.start(identity, ADMIN, if_match='"v2-1"').code == "changed"
    assert acts(stack) == []
    assert stack.aws.functions.invoked == []
    started = desk.start(identity, ADMIN, if_match=tag)
    assert (started.status, started.json["replayed"]) == (202, False)
    again = desk.start(identity, ADMIN, if_match=tag)
    assert (again.status, again.json["replayed"]) == (202, True)
    assert desk.start(identity, ADMIN, if_match=tag, body='{"reason":"other"}').code == "key_reused"
    assert desk.start(identity, ADMIN, key="s-2").code == "already_started"
    assert [act["verb"]["S"] for act in acts(stack)] == ["start"]


def test_whoever_lost_his_role_starts_nothing(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)
    identity = desk.prepared()
    demoted = Desk(stack, HttpDoor(stack.at, roles="role/on-call:reader,user/root-of-sagas:admin"))

    tag = desk.one(identity).headers["etag"]
    assert demoted.start(identity, if_match=tag).code == "forbidden"
    assert desk.one(identity).json["state"] == "prepared"
    assert demoted.start(identity, ADMIN, if_match=tag).status == 202


def test_what_was_prepared_long_ago_is_not_started(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)
    identity = desk.prepared()
    stack.advance(3600)
    assert desk.one(identity).json["state"] == "prepared"
    stack.advance(1)

    assert desk.one(identity).json["state"] == "expired"
    assert desk.start(identity).code == "expired"
    assert desk.abort(identity).code == "expired"
    assert acts(stack) == []


def test_two_that_start_at_once_start_it_once(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 3)
    identity = desk.prepared()
    tag = desk.one(identity).headers["etag"]
    first: list[int] = []

    def overtake(operation: str) -> None:
        if operation == "transact_write_items" and not first:
            first.append(desk.start(identity, ADMIN, if_match=tag).status)

    late = Desk(stack, HttpDoor(stack.container(wire=Wire(before_call=overtake)))).start(identity, if_match=tag)

    assert (first, late.status, late.code) == ([202], 412, "changed")
    desk.run({"operation": identity})
    assert {act["actor"]["S"].partition("/")[0] for act in acts(stack)} == {"user"}


def test_aborted_before_its_start_it_never_runs(stack: Deployment, desk: Desk) -> None:
    keys = store_parked(stack, 2)
    identity = desk.prepared()
    told = desk.abort(identity, body='{"reason":"not yet"}')

    assert (told.status, told.json["operation"]["state"]) == (200, "aborted")
    assert told.json["operation"]["aborted"]["reason"] == "not yet"
    assert desk.abort(identity, body='{"reason":"not yet"}').json["replayed"] is True
    assert desk.abort(identity, key="a-2").code == "already_ended"
    assert desk.start(identity).code == "already_ended"
    desk.run({"operation": identity})
    desk.run()
    assert {undos(stack, key) for key in keys} == {1}
    assert desk.abort(identity, READER).code == "forbidden"


def test_a_runner_that_cannot_be_called_makes_it_late_and_nothing_else(stack: Deployment) -> None:
    keys = store_parked(stack, 2)
    desk = Desk.of(stack)
    identity = desk.prepared()
    refused = Wire(plan={4: Fault.THROTTLED})
    broken = Desk(stack, HttpDoor(stack.container(wire=refused)))
    tag = desk.one(identity).headers["etag"]

    assert broken.start(identity, if_match=tag).status == 202
    assert refused.calls[4] == "invoke", refused.calls
    assert stack.aws.functions.invoked == []
    desk.run()  # the schedule's tick finds it
    assert desk.one(identity).json["state"] == "ended"
    assert {undos(stack, key) for key in keys} == {2}
