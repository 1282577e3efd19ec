"""Whatever is sent to whichever route: a 4xx that says what is wrong, nothing written, and never a 500."""

import json
import random
import re
from typing import Any, Final

import pytest

from saga_orchestrator.entrypoints.http_api.requests import MAX_BODY_BYTES
from saga_orchestrator.entrypoints.http_api.routes import OPERATIONS
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import ADMIN, HttpDoor, Told, claims_of
from saga_testing.samples.sample_events import event
from saga_testing.samples.sample_orders import order_event
from saga_testing.telemetry import RecordingTelemetry

CANARY: Final = "Kn4rienV0gel"
PATHS: Final = {
    "execution_id": "ex-1",
    "name": "execution_saga",
    "key": "ex-1",
    "operation_id": "0" * 24,
    "id": "0" * 12,
    "language": "python",
}
ACT: Final = {"idempotency-key": "k-1", "if-match": '"v1-1"'}
ODD: Final = (
    *("", " ", "#", "..", "../../me", "ex%2d1", "ex-1%252f", "ex-1/", "ex-1#", "ex-1\n", "\x00", "\ud800", "\u0451x-1"),
    *("x" * 2_048, "\U0001f600" * 500, CANARY * 20, "null", "[]", "{}", "*", "-1", "1e3", "9" * 40, "a,b", "a b"),
)
QUERIES: Final = (
    *("order", "of", "owner", "page_size", "page_token", "since", "actor", "verb", "reason", "execution", "before"),
    *("", "Order", CANARY),
)
HEADERS: Final[tuple[dict[str, str], ...]] = (
    *({"if-match": tag} for tag in ("", "*", 'W/"v1-1"', '"v1-1", "v1-1"', "v1-1", '"v1-1', f'"v{"9" * 16}-1"')),
    *(
        {"idempotency-key": key}
        for key in ("", '"k-1"', "k" * 129, "k,k", "k 1", "k#1", "k~result", "\u00e9", "\ud800")
    ),
    {"idempotency-key": "operation:x:1"},
    {"content-encoding": "gzip"},
    {"content-encoding": ""},
)
BODIES: Final[tuple[Any, ...]] = (
    *("{", "[]", "null", "7", '"x"', "\ufeff{}", "\x00", "\ud800", "{} {}", "[" * 30_000, '{"reason":' * 6_000),
    *('{"reason":"a","reason":"b"}', '{"reason":NaN}', '{"reason":-Infinity}', '{"reason":null}', '{"reason":["a"]}'),
    *('{"reason":"\\ud800"}', '{"reason":"a\\u0000"}', '{"reason":"a\\nb"}', f'{{"reason":"{CANARY * 20}"}}'),
    *(
        f'{{"{CANARY}":1}}',
        '{"\\ud800":1}',
        '{"":1}',
        f'{{"step":"{CANARY}","reason":1}}',
        '{"reason":"r","limit":1e999}',
    ),
    *(f'{{"reason":"r","limit":{"9" * 5_000}}}', '{"reason":"r","limit":true}', '{"reason":"r","limit":"1"}'),
    *('{"reason":"r","until":"in an hour"}', '{"reason":"r","until":"\\ud800"}', "x" * 200_000),
    *("x" * (MAX_BODY_BYTES + 1), "\u00e4" * (MAX_BODY_BYTES // 2 + 1), ["{}"], {"reason": "r"}, 7, True),
)


class House:
    def __init__(self) -> None:
        self.counted = RecordingTelemetry()
        self.stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=self.counted)
        self.stack.deliver(event("EXECUTION_REQUESTED", script=CANARY))
        self.stack.deliver(order_event("PLACED", order_id="ex-1"))
        self.door = HttpDoor(self.stack.at, owner_claim="user")
        self.before = self.stored()

    def stored(self) -> str:
        tables = (self.stack.aws.dynamodb.scan(TableName=name)["Items"] for name in ("sagas", "operator"))
        return json.dumps([list(items) for items in tables], sort_keys=True, default=str)

    def ask(self, operation: str, who: Any = ADMIN, **parts: Any) -> Told:
        told = self.door.ask(operation, who, **parts)
        told.body.encode()
        assert told.status < 500, (operation, parts, told.body)
        assert CANARY not in told.body or told.status == 200
        if told.status >= 400:
            assert told.headers["content-type"] == "application/problem+json"
            assert len(told.json["detail"]) > 15, (operation, parts, told.body)
        return told


@pytest.fixture(scope="module")
def house() -> House:
    return House()


def path_of(operation: str) -> dict[str, str]:
    return {name: PATHS[name] for name in re.findall(r"{(\w+)}", operation)}


def usual(operation: str) -> dict[str, Any]:
    return {"headers": ACT, "body": "{}"} if operation.startswith("POST") else {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_name_that_can_be_nobodys(house: House, operation: str) -> None:
    for name in path_of(operation):
        for value in (*ODD, None):
            path = {**path_of(operation), name: value}
            told = house.ask(operation, path={each: text for each, text in path.items() if text is not None})
            assert told.status in {400, 404}, (operation, name, value, told.body)
            told = house.ask(operation, path=path, **usual(operation))
            assert told.status in {400, 404}, (operation, name, value, told.body)
    assert house.stored() == house.before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_query_that_is_none(house: House, operation: str) -> None:
    drawn = random.Random(operation)
    for name in QUERIES:
        for value in drawn.sample(ODD, 8):
            for others in ({}, {"order": drawn.choice(("deadlines", "parked", "ended", "newest", "oldest"))}):
                query = {**others, name: value}
                told = house.ask(operation, path=path_of(operation), query=query, **usual(operation))
                served = name in {"reason", "execution", "actor", "page_size"} and told.status == 200
                # An operation that is not there has no pages, whatever is said of them.
                nowhere = operation.endswith("/items") and name.startswith("page_") and told.status == 404
                assert served or nowhere or told.status == 400, (operation, query, told.body)
                assert told.status == 200 or told.code != "malformed", told.body
    assert house.stored() == house.before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_query_that_says_something_twice(house: House, operation: str) -> None:
    """The gateway joins both to one text, which may look like another value."""
    query = {"order": "deadlines,parked", "owner": "ada,grace", "actor": "a,b"}
    for name, value in query.items():
        one, other = value.split(",")
        sent = {"query": {name: value}, "rawQueryString": f"{name}={one}&{name}={other}"}
        told = house.ask(operation, path=path_of(operation), **sent, **usual(operation))
        assert (told.status, told.code) in {
            (400, "repeated_parameter"),
            (400, "unknown_parameter"),
            (400, "unknown_order"),
        }, (operation, told.body)
    assert house.door.get("acts", ADMIN, query={"actor": "a,b"}, rawQueryString="actor=a%2Cb").status == 200


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.startswith("POST")])
def test_a_header_or_a_body_that_is_none(house: House, operation: str) -> None:
    path = path_of(operation)
    for headers in HEADERS:
        if "if-match" in headers and operation == "POST operations":
            continue  # nothing is there yet that could be as it was
        told = house.ask(operation, path=path, headers={**ACT, **headers}, body=sent_by(operation))
        assert told.status in {400, 415}, (operation, headers, told.body)
    for body in BODIES:
        for encoded in (False, True):
            told = house.ask(operation, path=path, headers=ACT, body=body, isBase64Encoded=encoded)
            assert told.status in {400, 413}, (operation, str(body)[:60], told.body)
    assert house.stored() == house.before


def sent_by(operation: str) -> str:
    """What the route would take."""
    if operation == "POST operations":
        filtered = {"reason": "refused"}
        before = "2026-01-01T00:00:00Z"
        return json.dumps({"verb": "retry", "of": "parked", "filter": filtered, "before": before, "reason": "r"})
    return json.dumps({"reason": "r"})


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{" not in each and each.startswith("GET")])
def test_a_body_that_nobody_asked_for_is_bounded_too(house: House, operation: str) -> None:
    told = house.ask(operation, body="x" * 10_000_000)

    assert (told.status, told.code) == (413, "too_large")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"filter": {}}, "empty_filter"),
        ({"filter": {"reason": ""}}, "filter.reason"),
        ({"filter": {"step": 7}}, "filter.step"),
        ({"filter": {"reason": "\u00e9"}}, "filter.reason"),
        ({"filter": {"since": "x"}}, "filter"),
        ({"filter": []}, "filter"),
        ({"filter": None}, "filter"),
        ({"before": "2026-02-30T00:00:00Z"}, "before"),
        ({"before": "2026-01-01"}, "before"),
        ({"before": 7}, "before"),
        ({"verb": "undo"}, "verb"),
        ({"of": "ended"}, "of"),
        ({"reason": ""}, "reason"),
    ],
    ids=str,
)
def test_what_is_wrong_in_an_operations_body_is_named_with_what_to_do(
    house: House, fields: dict[str, Any], named: str
) -> None:
    body = {**json.loads(sent_by("POST operations")), **fields}
    told = house.ask("POST operations", headers=ACT, body=json.dumps(body))

    assert told.status == 400
    if told.code == "bad_body":
        (fault,) = told.json["errors"]
        assert fault["field"] == named
        assert named in told.json["detail"]
        assert len(fault["problem"]) > 15
    else:
        assert told.code == named


def test_an_unknown_part_of_a_filter_is_told_what_is_known(house: House) -> None:
    body = {**json.loads(sent_by("POST operations")), "filter": {CANARY: "x"}}
    (fault,) = house.ask("POST operations", headers=ACT, body=json.dumps(body)).json["errors"]

    assert fault == {"field": "filter", "problem": "unknown_field; known: reason, step, saga_name, language"}


CLAIMS: Final[tuple[Any, ...]] = (
    "[root-of-sagas]",
    ["x root-of-sagas"],
    [["root-of-sagas"]],
    {"root-of-sagas": True},
    [f"group-{number}" for number in range(200)],
    ["\ud800"],
    [None, 7, {}],
    "root-of-sagas " * 100,
    "",
    None,
)


@pytest.mark.parametrize("groups", CLAIMS, ids=[str(place) for place in range(len(CLAIMS))])
def test_a_claim_that_gives_no_role_opens_nothing(house: House, groups: Any) -> None:
    calls = list(house.stack.wire.calls)
    for operation in OPERATIONS:
        claims = {**claims_of(), "cognito:groups": groups}
        told = house.ask(operation, claims, path=path_of(operation), **usual(operation))
        assert (told.status, told.code) in {(403, "no_role"), (401, "unauthenticated")}, (operation, told.body)
    assert house.stack.wire.calls == calls
