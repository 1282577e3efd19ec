"""Owners see and cancel their own, and cannot tell another's from one that never was."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.other_targets import REPUBLISH
from saga_orchestrator.entrypoints.http_api.routes import FOR_OWNERS, OPERATIONS
from saga_testing.aws.account import SimulatedAws
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import OPERATOR, HttpDoor, Told, claims_of
from saga_testing.samples.sample_events import NOW_MS, event
from saga_testing.samples.sample_orders import order_event
from saga_testing.telemetry import RecordingTelemetry
from tests.handlers.http_api.test_counting import index_answers


def owned_by(user: str, name: str = "EXECUTION_REQUESTED", key: str = "ex-1", **fields: Any) -> dict[str, Any]:
    made = event(name, key, **fields)
    return {**made, "metadata": {**made["metadata"], "user_id": user}}


def person(user: Any, **more: Any) -> dict[str, Any]:
    return claims_of(sub=f"sub-{user}", user=user, **more)


ADA = person("ada")


class House:
    """Sagas of several owners, one of each kind that is nobody's business."""

    def __init__(self) -> None:
        self.now = NOW_MS
        self.aws = SimulatedAws(lambda: self.now, owner_index=True)
        self.stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, aws=self.aws, telemetry=RecordingTelemetry())
        self.door = HttpDoor(self.stack.at, owner_claim="user", owner_index=True)
        self.stack.deliver(owned_by("ada", key="own"))
        self.stack.deliver(owned_by("grace", key="another"))
        self.stack.deliver(owned_by("grace", key="acted"))
        ownerless = owned_by("x", key="ownerless")
        del ownerless["metadata"]["user_id"]
        self.stack.deliver(ownerless)
        self.stack.deliver(owned_by("ada", "EXECUTION_CANCELLED", key="stub"))
        for key in ("expired", "corrupt"):
            self.stack.deliver(owned_by("ada", key=key))
        self._change("expired", "SET expires = :x", {":x": {"N": str(self.stack.now // 1000)}})
        self._change("corrupt", "REMOVE dv", {})
        self.door.cancel("acted", arn=OPERATOR, idempotency_key="k-used")

    def _change(self, key: str, expression: str, values: dict[str, Any]) -> None:
        self.aws.dynamodb.update_item(
            TableName="sagas",
            Key={"execution_id": {"S": key}, "saga_name": {"S": "execution_saga"}},
            UpdateExpression=expression,
            **({"ExpressionAttributeValues": values} if values else {}),
        )

    def bytes_of(self) -> bytes:
        tables = (self.aws.dynamodb.scan(TableName=name)["Items"] for name in ("sagas", "operator"))
        return json.dumps([list(items) for items in tables], sort_keys=True, default=str).encode()


@pytest.fixture(scope="module")
def house() -> House:
    return House()


NOT_HIS = ("another", "acted", "ownerless", "stub", "expired", "corrupt")


def asked(house: House, operation: str, key: str, who: Any = ADA, **parts: Any) -> Told:
    path = {"name": "execution_saga", "key": key, "execution_id": key}
    return house.door.ask(operation, who, path=path, **parts)


ON_ONE_SAGA = sorted(each for each in OPERATIONS if "{" in each)
VERBS = [f"POST sagas/{{name}}/{{key}}/{deed}" for deed in (*Deed, REPUBLISH)]
ACTS = "GET sagas/{name}/{key}/acts"
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
    operation: str,
    key: str,
    idempotency: str | None,
    matched: str | None,
    seen: str | None,
    body: str | None,
    query: Any,
) -> None:
    house = HOUSE
    headers = {"idempotency-key": idempotency, "if-match": matched, "if-none-match": seen}
    parts = {"headers": {n: v for n, v in headers.items() if v is not None}, "body": body, "query": query}
    before = house.bytes_of()

    told, unknown = asked(house, operation, key, **parts), asked(house, operation, "never-was", **parts)

    assert (told.status, told.headers, told.body) == (unknown.status, unknown.headers, unknown.body)
    assert told.status in {400, 403, 404, 428}
    assert house.bytes_of() == before


HOUSE = House()


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


def own_numbers(house: House, who: Any = ADA) -> dict[str, Any]:
    told = house.door.get("statistics", who)
    assert told.status == 200, told.body
    assert set(told.json) == {"as_of", "open", "ended", "more"}
    return {
        **{part: {(each["saga_name"], each["state"]): each["count"] for each in told.json[part]} for part in PARTS},
        "more": told.json["more"],
    }


PARTS = ("open", "ended")


def test_his_statistics_count_what_he_sees_and_nothing_else() -> None:
    """Not another's, nor what nobody owns, a stub, what expired, or what nobody can read."""
    house = House()
    assert own_numbers(house) == {
        "open": {("execution_saga", "running"): 1},
        "ended": {},
        "more": False,
    }
    assert own_numbers(house, person("grace")) == {
        "open": {("execution_saga", "running"): 1},
        "ended": {("execution_saga", "cancelled"): 1},
        "more": False,
    }
    assert own_numbers(house, person("nobody")) == {"open": {}, "ended": {}, "more": False}
    house.door.cancel("own", arn=ADA)
    assert own_numbers(house)["ended"] == {("execution_saga", "cancelled"): 1}
    assert house.door.get("statistics", ADA, query={"owner": "grace"}).code == "unknown_parameter"
    assert "namespace" in house.door.get("statistics", OPERATOR).json["ended"]


def test_his_statistics_are_exact_to_a_thousand() -> None:
    house = House()
    key = {"execution_id": {"S": "own"}, "saga_name": {"S": "execution_saga"}}
    item = house.aws.dynamodb.get_item(TableName="sagas", Key=key)["Item"]
    for number in range(1002):
        house.aws.dynamodb.put_item(
            TableName="sagas", Item={**item, "owner": {"S": "eve"}, "execution_id": {"S": f"e-{number}"}}
        )
    assert (own_numbers(house, person("eve"))["open"], own_numbers(house, person("eve"))["more"]) == (
        {("execution_saga", "running"): 1000},
        True,
    )
    for number in (7, 8):
        house.aws.dynamodb.delete_item(TableName="sagas", Key={**key, "execution_id": {"S": f"e-{number}"}})
    assert (own_numbers(house, person("eve"))["open"], own_numbers(house, person("eve"))["more"]) == (
        {("execution_saga", "running"): 1000},
        False,
    )


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("ValidationException", 400)])
def test_what_is_his_cannot_be_counted_without_its_index(code: str, status: int) -> None:
    house = House()
    without = HttpDoor(house.stack.at, owner_claim="user").get("statistics", ADA)
    assert (without.status, without.code) == (503, "no_owner_index")
    with index_answers(house.stack, "owner", code, status):
        assert house.door.get("statistics", ADA).status == 503


def mine(house: House, who: Any = ADA, **query: str) -> Told:
    return house.door.get("sagas", who, query={"order": "owner", **query})


def test_his_list_is_his_alone_and_the_newest_first() -> None:
    house = House()
    for number in range(7):
        house.stack.now += 1000 * (number % 3)
        house.stack.deliver(owned_by("ada", key=f"mine-{number}"))
        house.stack.deliver(owned_by("grace", key=f"hers-{number}"))
    house.stack.deliver(order_event("PLACED"))
    seen: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        told = mine(house, page_size="2", **({"page_token": token} if token else {}))
        assert told.status == 200, told.body
        seen += told.json["sagas"]
        token = told.json["next_page_token"]
        if token is None:
            break

    assert sorted(each["execution_id"] for each in seen) == sorted(["own", "o-1", *(f"mine-{n}" for n in range(7))])
    assert [each["created_at"] for each in seen] == sorted((each["created_at"] for each in seen), reverse=True)
    assert all("owner" not in each for each in seen)


def test_a_page_token_is_its_owners(house: House) -> None:
    for key in ("mine-a", "mine-b"):
        house.stack.deliver(owned_by("ada", key=key))
    token = str(mine(house, page_size="1").json["next_page_token"])

    assert mine(house, page_token=token).status == 200
    assert mine(house, person("grace"), page_token=token).code == "bad_page_token"
    deadlines = house.door.get("sagas", OPERATOR, query={"order": "deadlines", "page_token": token})
    assert deadlines.code == "bad_page_token"


@pytest.mark.parametrize("query", [{}, {"order": "deadlines"}, {"order": "parked"}, {"order": "ended"}, {"order": "x"}])
def test_he_has_no_other_list(house: House, query: dict[str, str]) -> None:
    calls = list(house.stack.wire.calls)
    told = house.door.get("sagas", ADA, query=query)

    assert (told.status, told.json["detail"]) == (400, "Served is order=owner.")
    assert house.stack.wire.calls == calls
    assert mine(house, owner="grace").code == "unknown_parameter"


def test_an_operator_lists_any_owners(house: House) -> None:
    told = mine(house, OPERATOR, owner="grace")

    assert {each["execution_id"] for each in told.json["sagas"]} == {"another", "acted"}
    assert "corrupt" in {each["execution_id"] for each in mine(house, OPERATOR, owner="ada").json["sagas"]}
    assert mine(house, OPERATOR).code == mine(house, OPERATOR, owner="").code == "owner_needed"
    assert mine(house, OPERATOR, owner="x" * 129).code == "owner_needed"
    assert house.door.get("sagas", OPERATOR, query={"order": "ended", "owner": "ada"}).code == "unknown_parameter"


@pytest.mark.parametrize("owner", ["", "a" * 129, "\ud800", "ada\udfff"], ids=["none", "129", "half", "end"])
def test_an_operator_names_an_owner_that_can_be(house: House, owner: str) -> None:
    told = house.door.get("sagas", OPERATOR, query={"order": "owner", "owner": owner})

    assert (told.status, told.code) == (400, "owner_needed")


def test_where_there_is_no_index_there_is_no_such_list(house: House) -> None:
    without = HttpDoor(house.stack.at, owner_claim="user")

    assert without.get("sagas", ADA, query={"order": "owner"}).code == "unknown_order"
    assert "OwnerIndex" in without.get("sagas", ADA, query={"order": "owner"}).json["detail"]
    assert without.get("sagas", OPERATOR, query={"order": "owner", "owner": "ada"}).code == "unknown_order"


def test_an_id_that_is_another_owners_by_now_is_not_listed() -> None:
    """The index lags behind the table."""
    house = House()
    lists = house.door.api.lists.of_owner("ada")
    found = lists.sagas([("own", "execution_saga"), ("another", "execution_saga")])

    assert [key for key, _ in found] == ["own"]
