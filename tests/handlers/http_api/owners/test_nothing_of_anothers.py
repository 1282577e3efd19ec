"""Owners cannot tell another's saga from one that never was."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saga_orchestrator.entrypoints.http_api.routes import OPERATIONS
from saga_testing.samples.sample_events import NOW_MS, event
from tests.handlers.http_api.owners.house import ACTS, ADA, VERBS, House, asked, owned_by, person

NOT_HIS = ("another", "acted", "ownerless", "stub", "expired", "corrupt")
ON_ONE_SAGA = sorted(each for each in OPERATIONS if "{" in each)
KEYS = (None, "k-1", "k-used", "bad key")
TAGS = (None, '"v1-1"', f'"v2-{NOW_MS}"', "junk", "*")
BODIES = (None, "{}", '{"reason":"x"}', '{"reason":"x","step":"ship"}', "{", '{"x":1}')


@given(
    operation=st.sampled_from(ON_ONE_SAGA),
    key=st.sampled_from(NOT_HIS),
    idempotency=st.sampled_from(KEYS),
    matched=st.sampled_from(TAGS),
    seen=st.sampled_from(TAGS),
    body=st.sampled_from(BODIES),
    query=st.sampled_from([None, {"x": "y"}]),
)
def test_whatever_is_asked_of_what_is_not_his_is_answered_as_of_what_is_not_there(
    house: House,
    operation: str,
    key: str,
    idempotency: str | None,
    matched: str | None,
    seen: str | None,
    body: str | None,
    query: Any,
) -> None:
    headers = {"idempotency-key": idempotency, "if-match": matched, "if-none-match": seen}
    parts = {"headers": {n: v for n, v in headers.items() if v is not None}, "body": body, "query": query}
    before = house.bytes_of()

    told, unknown = asked(house, operation, key, **parts), asked(house, operation, "never-was", **parts)

    assert (told.status, told.headers, told.body) == (unknown.status, unknown.headers, unknown.body)
    assert told.status in {400, 403, 404, 428}
    assert house.bytes_of() == before


@pytest.mark.parametrize("key", NOT_HIS)
@pytest.mark.parametrize("operation", [*VERBS, ACTS, "GET sagas/{name}/{key}", "GET executions/{execution_id}"])
def test_what_is_well_formed_is_told_that_there_is_nothing(house: House, operation: str, key: str) -> None:
    saga = house.aws.dynamodb.get_item(
        TableName="sagas", Key={"execution_id": {"S": key}, "saga_name": {"S": "execution_saga"}}
    )["Item"]
    tag = f'"v{saga["version"]["N"]}-{saga["created"]["N"]}"'
    bodies = ('{"reason":"x"}',)
    for idempotency, headers, body in product(("k-1", "k-used"), ({"if-match": tag}, {"if-match": '"v9-9"'}), bodies):
        sent = {"idempotency-key": idempotency, "if-none-match": tag, **headers}
        told = asked(house, operation, key, headers=sent, **({"body": body} if operation in VERBS else {}))
        assert (told.status, told.code) == (404, "not_found")
        assert told.body == asked(house, operation, "never-was", headers=sent, body=body).body


STRANGERS = [
    "Ada",
    "ADA",
    "ada ",
    " ada",
    "ad",
    "adaa",
    "ada\u200b",
    "\u0430da",
    "ada,grace",
    "*",
    "admin11",
    ["ada"],
    {"ada": "ada"},
    None,
    "",
    True,
]


@pytest.mark.parametrize("user", STRANGERS, ids=str)
def test_a_name_that_is_not_exactly_the_owners_sees_and_cancels_nothing(user: Any) -> None:
    house = House()
    house.stack.reconfigure(ADMIN_USERS="admin11")
    before = house.bytes_of()
    claims = {name: value for name, value in person(user).items() if value is not None}

    for told in (
        asked(house, "GET sagas/{name}/{key}", "own", claims),
        asked(house, "GET executions/{execution_id}", "own", claims),
        house.door.cancel("own", arn=claims),
    ):
        assert told.status in {403, 404}
    listed = house.door.get("sagas", claims, query={"order": "owner"})
    assert listed.status == 403 or listed.json["sagas"] == []
    assert house.bytes_of() == before


def test_a_race_that_is_lost_to_another_owners_saga_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It expired, and its id began again as somebody else's, between the read and the write."""
    house = House()
    store = house.aws.dynamodb
    key = {"execution_id": {"S": "own"}, "saga_name": {"S": "execution_saga"}}
    real = store.transact_write_items

    def meanwhile(**request: Any) -> Any:
        monkeypatch.undo()
        store.delete_item(TableName="sagas", Key=key)
        house.stack.deliver(owned_by("grace", key="own"))
        house.stack.deliver(event("EXECUTION_STARTED", "own"))
        return real(**request)

    monkeypatch.setattr(store, "transact_write_items", meanwhile)
    told = house.door.cancel("own", arn=ADA)

    assert (told.status, told.code) == (404, "not_found")
    saga = house.stack.saga("own")
    assert saga is not None
    assert (saga.owner, str(saga.state)) == ("grace", "running")
