"""Owners see where their own stand, cancel it, and do nothing else."""

from typing import Any

import pytest

from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.entrypoints.http_api.routes import FOR_OWNERS, OPERATIONS
from saga_testing.http_door import OPERATOR, HttpDoor, claims_of
from tests.handlers.http_api.owners.house import ACTS, ADA, VERBS, House, asked, owned_by, person


@pytest.mark.parametrize(
    ("verified", "seen"),
    [(True, True), ("true", True), (False, False), ("false", False), (None, False), (1, False), (["true"], False)],
)
def test_an_address_counts_where_it_is_verified(verified: Any, seen: bool) -> None:
    house = House()
    house.stack.deliver(owned_by("ada@example.com", key="mail"))
    door = HttpDoor(house.stack.at, owner_claim="email")
    claims = claims_of(email="ada@example.com", **({} if verified is None else {"email_verified": verified}))

    told = door.saga("mail", arn=claims)

    assert told.status == (200 if seen else 403)
    if not seen:
        assert told.code == "no_role"


def test_without_a_claim_that_names_owners_there_are_none() -> None:
    house = House()

    assert HttpDoor(house.stack.at).saga("own", arn=ADA).code == "no_role"


@pytest.mark.parametrize("user", ["a" * 129, "a" * 3_000, "\ud800", "ada\udfff"], ids=["129", "3000", "half", "end"])
def test_whom_no_event_can_name_owns_nothing(house: House, user: str) -> None:
    for query in ({"order": "owner"}, {"order": "deadlines"}):
        told = house.door.get("sagas", person(user), query=query)
        assert (told.status, told.code) == (403, "no_role")


def test_who_has_a_role_is_no_owner(house: House) -> None:
    told = house.door.get("me", person("ada", **{"cognito:groups": ["readers"]})).json
    assert (told["role"], told["may"]) == ("reader", [])
    assert house.door.cancel("own", arn=person("ada", **{"cognito:groups": ["readers"]})).code == "forbidden"


def test_he_sees_of_his_own_where_it_stands_and_no_more(house: House) -> None:
    told = asked(house, "GET sagas/{name}/{key}", "own")

    assert (told.status, house.door.get("me", ADA).json["may"]) == (200, ["cancel"])
    assert set(told.json) == {
        *("execution_id", "saga_name", "state", "reason", "position"),
        *("created_at", "ended_at", "deadline", "etag"),
    }
    assert told.json["etag"] == told.headers["etag"]
    found = asked(house, "GET executions/{execution_id}", "own").json["sagas"]
    assert found == [told.json]
    not_modified = asked(house, "GET sagas/{name}/{key}", "own", headers={"if-none-match": told.headers["etag"]})
    assert not_modified.status == 304


def test_he_cancels_his_own_and_is_on_record() -> None:
    house = House()
    first = house.door.cancel("own", arn=ADA, body='{"reason":"changed my mind"}')
    again = house.door.cancel("own", arn=ADA, body='{"reason":"changed my mind"}')

    assert (first.status, first.json["saga"]["state"], set(first.json["saga"]) & {"timeline", "owner"}) == (
        200,
        "cancelled",
        set(),
    )
    assert (again.status, again.json["replayed"]) == (200, True)
    assert house.door.cancel("own", arn=ADA, idempotency_key="k-2").code == "already_ended"
    path = {"name": "execution_saga", "key": "own"}
    (act,) = house.door.get("sagas/{name}/{key}/acts", OPERATOR, path=path).json["acts"]
    assert (act["actor"], act["role"], act["door"]) == ("person/sub-ada", "owner", "jwt")


@pytest.mark.parametrize("operation", [*(verb for verb in VERBS if not verb.endswith(Deed.CANCEL)), ACTS])
def test_of_his_own_he_is_told_what_his_role_does_not_do(house: House, operation: str) -> None:
    headers = {"idempotency-key": "k", "if-match": '"v1-1"'}
    told = asked(house, operation, "own", headers=headers, **({"body": '{"reason":"x"}'} if operation != ACTS else {}))

    assert (told.status, told.code) == (403, "forbidden")


def test_every_other_operation_is_not_for_owners(house: House) -> None:
    closed = [each for each in OPERATIONS if each not in FOR_OWNERS]

    assert {"GET groups", "GET acts", "GET operations", "GET slots", "GET rejected"} <= set(closed)
    for operation in closed:
        calls = list(house.stack.wire.calls)
        assert asked(house, operation, "own").code == "forbidden", operation
        assert house.stack.wire.calls == calls
