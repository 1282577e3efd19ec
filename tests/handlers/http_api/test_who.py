"""Only the gateway's authorizer says who asks, and only its route key what is asked: everything else is hearsay."""

from typing import Any

import pytest

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.adapters.settings import InvalidSettings
from saga_orchestrator.domain.operating.acts import Door
from saga_orchestrator.entrypoints.http_api.routes import ROUTES
from saga_testing.deployment import Deployment
from saga_testing.http_door import ACCOUNT, ADMIN, OPERATOR, READER, HttpDoor, signed
from saga_testing.samples.sample_events import event
from saga_testing.telemetry import RecordingTelemetry

SIGNED = [key for key, route in ROUTES.items() if route.door is Door.IAM]
ASSUMED = f"arn:aws:sts::{ACCOUNT}:assumed-role"
STRANGERS = [
    f"{ASSUMED}/nobody/olga",
    f"{ASSUMED}/On-Call/olga",
    f"{ASSUMED}/on-call",
    f"{ASSUMED}/on-call/olga/reader",
    f"{ASSUMED}/on-call/",
    f"{ASSUMED}/root-of-sagas/x",  # a role called as a user is
    "arn:aws:sts::999999999999:assumed-role/on-call/olga",
    f"arn:aws:iam::{ACCOUNT}:user/on-call",
    f"arn:aws:iam::{ACCOUNT}:role/on-call",
    f"arn:aws:iam::{ACCOUNT}:root",
    f"arn:aws:sts::{ACCOUNT}:federated-user/on-call",
    f"arn:aws:iam::{ACCOUNT}:user/root-of-sagas x",
    f"{OPERATOR}\n",
    "",
]


@pytest.mark.parametrize(
    ("arn", "actor", "role"),
    [
        (READER, "role/readers/rita", "reader"),
        (OPERATOR, "role/on-call/olga", "operator"),
        (ADMIN, "user/root-of-sagas", "admin"),
        (OPERATOR.replace("arn:aws:", "arn:aws-cn:"), "role/on-call/olga", "operator"),
    ],
)
def test_who_is_named_has_his_role_and_knows_it(door: HttpDoor, arn: str, actor: str, role: str) -> None:
    told = door.get("me", arn)

    assert told.status == 200
    assert told.json == {"actor": actor, "door": "iam", "role": role, "may": told.json["may"]}
    assert ("cancel" in told.json["may"]) is (role != "reader")
    assert ("skip" in told.json["may"]) is (role == "admin")
    assert told.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("arn", STRANGERS)
def test_whoever_is_not_named_is_refused_before_anything_is_read(
    stack: Deployment, door: HttpDoor, counted: RecordingTelemetry, arn: str
) -> None:
    path = {"name": "execution_saga", "key": "e", "execution_id": "e"}
    for route in SIGNED:
        told = door.send(signed(route, arn, path=path, body="{"))
        assert (told.status, told.code) == (403, "no_role")

    assert (stack.wire.calls, counted.counts) == ([], {"ApiRefusals": len(SIGNED)})


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"authorizer": None},
        {"authorizer": {}},
        {"authorizer": {"iam": None}},
        {"authorizer": {"iam": {"userArn": None}}},
        {"authorizer": {"iam": {"userArn": [OPERATOR]}}},
        {"authorizer": {"iam": [OPERATOR]}},
        {"authorizer": {"userArn": OPERATOR}},
        {"authorizer": {"lambda": {"userArn": OPERATOR}}},
        {"authorizer": {"jwt": {"claims": {"userArn": OPERATOR, "cognito:groups": "[admin]"}}}},
        {"identity": {"userArn": OPERATOR}},
        None,
    ],
    ids=str,
)
def test_what_no_authorizer_wrote_is_nobody(stack: Deployment, door: HttpDoor, context: dict[str, Any] | None) -> None:
    for route in SIGNED:
        sent = {**signed(route, None), "requestContext": context, "authorizer": {"iam": {"userArn": OPERATOR}}}
        told = door.send(sent)
        assert (told.status, told.code) == (401, "unauthenticated")

    assert stack.wire.calls == []


@pytest.mark.parametrize("garbage", [None, [], "GET /iam/v1/me", 7, {}, {"requestContext": 1}, {"Records": []}])
def test_an_event_that_is_none_of_the_gateways_leads_nowhere(door: HttpDoor, garbage: Any) -> None:
    assert door.send(garbage).code == "not_found"


@pytest.mark.parametrize(
    "route",
    [
        "$default",
        "",
        None,
        "GET /console/..%2fv1/sagas",
        "GET /console/%2e%2e/iam/v1/me",
        "GET //iam/v1/me",
        "GET /prod/iam/v1/me",
        "get /iam/v1/me",
        "GET /iam/v1/me/",
        "HEAD /iam/v1/me",
        "ANY /iam/v1/me",
        "GET v1/me",
        "GET me",
        "GET /iam/v1/sagas/execution_saga/ex-1",
        "POST /iam/v1/sagas",
    ],
)
def test_a_route_that_is_none_of_ours_leads_nowhere_whatever_its_path_says(
    stack: Deployment, door: HttpDoor, route: str | None
) -> None:
    sent = {
        **signed("GET /iam/v1/sagas", ADMIN, query={"order": "deadlines"}),
        "routeKey": route,
        "rawPath": "/iam/v1/me",
        "path": "/iam/v1/me",
        "resource": "/iam/v1/me",
        "httpMethod": "GET",
    }

    assert door.send(sent).code == "not_found"
    assert stack.wire.calls == []


def test_a_path_says_nothing(stack: Deployment, door: HttpDoor) -> None:
    """The gateway hands it over decoded, so that it may look like another route's."""
    stack.deliver(event("EXECUTION_REQUESTED"))
    sent = signed("GET /iam/v1/sagas/{name}/{key}", READER, path={"name": "execution_saga", "key": "ex-1"})

    told = door.send({**sent, "rawPath": "/iam/v1/sagas/execution_saga/ex-1/cancel", "stage": "prod"})

    assert (told.status, told.json["state"]) == (200, "running")


@pytest.mark.parametrize(
    "roles",
    [
        "on-call:operator",
        "role/on-call",
        "role/on-call:",
        "role/on-call:owner",
        "role/on-call:break_glass",
        "role/on-call:Admin",
        "role/on-call:admin:reader",
        "role/on-call:reader,role/on-call:admin",
        "role/a b:reader",
        "role/*:admin",
        "role/:admin",
        f"role/{'r' * 65}:admin",
        "arn:aws:iam::123456789012:role/x:admin",
        "*:admin",
    ],
)
def test_a_list_of_roles_with_a_mistake_lets_nobody_in(roles: str) -> None:
    with pytest.raises(InvalidSettings, match="IAM_ROLES") as raised:
        ApiSettings.from_environment({"ACCOUNT_ID": ACCOUNT, "IAM_ROLES": roles})

    assert "each name once" in str(raised.value)


@pytest.mark.parametrize("account", ["", "1234", "12345678901x"])
def test_the_account_must_be_known(account: str) -> None:
    with pytest.raises(InvalidSettings, match="ACCOUNT_ID"):
        ApiSettings.from_environment({"ACCOUNT_ID": account})


def test_nobody_has_a_role_by_default(stack: Deployment) -> None:
    assert HttpDoor(stack.at, roles="").get("me", ADMIN).code == "no_role"
    assert HttpDoor(stack.at, roles=" , role/on-call:reader ,").get("me", OPERATOR).json["role"] == "reader"


def test_two_sessions_with_the_longest_names_are_two_actors(stack: Deployment) -> None:
    role, session = "r" * 64, "s" * 63
    door = HttpDoor(stack.at, roles=f"role/{role}:operator")

    one, other = (door.get("me", f"{ASSUMED}/{role}/{session}{last}").json["actor"] for last in "ab")

    assert one != other
    assert {len(one), len(other)} == {128}


@pytest.mark.parametrize(
    ("cidrs", "address", "taken"),
    [
        ("", "203.0.113.9", True),
        ("", None, True),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("198.51.100.7/32 , 192.0.2.0/24", "198.51.100.7", True),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "192.0.2.1", False),
        ("192.0.2.0/24", "2001:db8::1", False),
        ("0.0.0.0/0", "192.0.2.1", True),
        ("192.0.2.0/24", None, False),
        ("192.0.2.0/24", "", False),
        ("192.0.2.0/24", ["192.0.2.1"], False),
        ("192.0.2.0/24", "192.0.2.1, 203.0.113.9", False),
    ],
)
def test_requests_are_taken_from_where_they_may_come(stack: Deployment, cidrs: str, address: Any, taken: bool) -> None:
    door = HttpDoor(stack.at, cidrs=cidrs)
    sent = signed("GET /iam/v1/me", OPERATOR, headers={"x-forwarded-for": "192.0.2.1"})
    sent["requestContext"]["http"]["sourceIp"] = address

    told = door.send(sent)

    assert told.status == (200 if taken else 403)
    if not taken:
        assert told.code == "not_from_here"


@pytest.mark.parametrize(
    "cidrs", ["office", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/24;", "192.0.2.0/24 10.0.0.0/8"]
)
def test_a_network_with_a_mistake_lets_nobody_in(cidrs: str) -> None:
    with pytest.raises(InvalidSettings, match="ALLOWED_CIDRS") as raised:
        ApiSettings.from_environment({"ACCOUNT_ID": ACCOUNT, "ALLOWED_CIDRS": cidrs})

    assert "192.0.2.0/24 or 2001:db8::/32" in str(raised.value)
