"""People come with a token that the gateway has verified: what they are, its claims say, whole words alone."""

import json
from typing import Any

import pytest

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.adapters.settings import InvalidSettings
from saga_orchestrator.domain.operating.acts import Door, names_an_actor
from saga_orchestrator.entrypoints.http_api.routes import ROUTES
from saga_testing.deployment import Deployment
from saga_testing.http_door import (
    ACCOUNT,
    ADMIN,
    OPERATOR,
    READER,
    HttpDoor,
    asked,
    claims_of,
    flattened,
    signed,
    unsigned_token,
    with_token,
)
from saga_testing.samples.sample_events import event
from saga_testing.telemetry import RecordingTelemetry

ME = "GET /v1/me"
BY_TOKEN = [key for key, route in ROUTES.items() if route.door is Door.JWT]
BY_SIGNATURE = [key for key, route in ROUTES.items() if route.door is Door.IAM]
GROUPS = "cognito:groups"


def test_there_is_each_operation_through_each_door() -> None:
    assert {key.replace("/iam/v1/", "/v1/") for key in BY_SIGNATURE} == set(BY_TOKEN)
    assert len(BY_TOKEN) + len(BY_SIGNATURE) == len(ROUTES)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        (claims_of("readers"), "reader"),
        (claims_of("others", "on-call"), "operator"),
        (claims_of("readers", "root-of-sagas", "on-call"), "admin"),
        (claims_of(*[f"group-{number}" for number in range(137)], "on-call", *"abc"), "operator"),
        ({**claims_of(), GROUPS: "on-call"}, "operator"),
        ({**claims_of("readers"), "scope": "sagas/use"}, "reader"),
        ({**claims_of("readers"), "scope": None, "scp": ["x", "sagas/use"]}, "reader"),
        ({**claims_of("readers"), "scope": None, "scp": "x sagas/use"}, "reader"),
    ],
)
def test_the_most_powerful_of_his_roles_is_his(door: HttpDoor, claims: dict[str, Any], role: str) -> None:
    told = door.get("me", {name: value for name, value in claims.items() if value is not None})

    assert told.status == 200, told.body
    assert told.json == {"actor": "person/8c1f-olga", "door": "jwt", "role": role, "may": told.json["may"]}
    signer = {"reader": READER, "operator": OPERATOR, "admin": ADMIN}[role]
    assert told.json["may"] == door.get("me", signer).json["may"]


NO_ROLE: dict[str, Any] = {
    "no groups": claims_of(),
    "no claim": {"sub": "olga", "scope": "sagas/use"},
    "a text that looks like an array": {**claims_of(), GROUPS: "[root-of-sagas]"},
    "an element of two words": claims_of("x root-of-sagas"),
    "an element of two words, ours first": claims_of("root-of-sagas x"),
    "an element with brackets": claims_of("[root-of-sagas]"),
    "a text of two words": {**claims_of(), GROUPS: "x root-of-sagas"},
    "nested": {**claims_of(), GROUPS: [["root-of-sagas"]]},
    "nested by name": {**claims_of(), GROUPS: {"root-of-sagas": "root-of-sagas"}},
    "nested in another": {**claims_of(), GROUPS: [{"x": "root-of-sagas"}, None, 7, True]},
    "another case": claims_of("Root-Of-Sagas", "ON-CALL"),
    "near by": claims_of("root-of-sagas2", "xroot-of-sagas", "root-of-sagas,", "root-of-sagas\n", "on-call\u200b"),
    "200 groups": claims_of(*[f"root-of-sagas-{number}" for number in range(200)]),
    "too many to be told": {**claims_of(), GROUPS: None, "_claim_names": {"groups": "src1"}},
    "a role that is none of a setting": claims_of("admin", "owner", "break_glass"),
    "groups under another claim": {**claims_of(), "groups": ["root-of-sagas"]},
    "an id token": {name: value for name, value in claims_of("root-of-sagas").items() if name != "scope"},
    "an id token with a scope": claims_of("root-of-sagas", token_use="id"),
    "another scope": claims_of("root-of-sagas", scope="openid sagas/user xsagas/use"),
    "a scope that looks like an array": claims_of("root-of-sagas", scope="[sagas/use]"),
    "a scope within one": claims_of("root-of-sagas", scope=["x sagas/use"]),
    "a name of AdminUsers": claims_of(sub="admin11", username="root-of-sagas", **{"cognito:username": "on-call"}),
}


@pytest.mark.parametrize("case", NO_ROLE)
def test_whatever_is_no_whole_word_gives_no_role(
    stack: Deployment, door: HttpDoor, counted: RecordingTelemetry, case: str
) -> None:
    for route in BY_TOKEN:
        told = door.send(with_token(route, NO_ROLE[case], path={"name": "execution_saga", "key": "e"}, body="{"))
        assert (told.status, told.code) == (403, "no_role"), case

    assert (stack.wire.calls, counted.counts) == ([], {"ApiRefusals": len(BY_TOKEN)})


GOOD = claims_of("root-of-sagas")
TOLD: dict[str, Any] = {"claims": {name: flattened(value) for name, value in GOOD.items()}, "scopes": ["sagas/use"]}
HEADERS = {"authorization": f"Bearer {unsigned_token(GOOD)}"}


@pytest.mark.parametrize(
    "authorizer",
    [
        {},
        {"jwt": None},
        {"jwt": {"claims": None}},
        {"jwt": {"claims": [GOOD]}},
        {"jwt": {"claims": {}}},
        {"jwt": {"claims": {**TOLD["claims"], "sub": "another"}}},
        {"claims": TOLD["claims"]},
        {"lambda": TOLD},
        signed(ME, ADMIN)["requestContext"]["authorizer"],
    ],
)
def test_a_token_that_the_gateway_has_not_verified_is_hearsay(
    stack: Deployment, door: HttpDoor, authorizer: dict[str, Any]
) -> None:
    for route in BY_TOKEN:
        told = door.send(asked(route, authorizer, headers=HEADERS))
        assert (told.status, told.code) == (401, "unauthenticated")
    assert stack.wire.calls == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer a.b"},
        {"authorization": "Bearer a.!.c"},
        {"authorization": f"Basic {unsigned_token(GOOD)}"},
        {"authorization": f"Bearer {unsigned_token(GOOD)},{unsigned_token(GOOD)}"},
        {"authorization": HEADERS["authorization"], "Authorization": HEADERS["authorization"]},
        {"authorization": f"Bearer {unsigned_token({**GOOD, 'sub': 'another'})}"},
        {"authorization": f"Bearer {unsigned_token({**GOOD, 'sub': ['8c1f-olga']})}"},
        {"authorization": f"Bearer {unsigned_token({**GOOD, 'sub': ''})}"},
        {"authorization": f"Bearer {unsigned_token({**GOOD, 'x': 'a' * 16_384})}"},
    ],
)
def test_claims_without_the_token_that_they_are_of_are_nobodys(door: HttpDoor, headers: dict[str, str]) -> None:
    assert door.send(asked(ME, {"jwt": TOLD}, headers=headers)).code == "unauthenticated"


def test_what_either_of_them_does_not_say_is_not_so(door: HttpDoor) -> None:
    fewer = {**TOLD["claims"], GROUPS: "[readers]"}
    assert door.send(asked(ME, {"jwt": {"claims": fewer}}, headers=HEADERS)).code == "no_role"
    unscoped = {**TOLD["claims"], "scope": "openid"}
    assert door.send(asked(ME, {"jwt": {"claims": unscoped}}, headers=HEADERS)).code == "no_role"
    assert door.send(asked(ME, {"jwt": TOLD}, headers=HEADERS)).json["role"] == "admin"
    assert door.send(asked(ME, {"jwt": TOLD}, headers={"Authorization": unsigned_token(GOOD)})).json["role"] == "admin"


def test_a_door_believes_its_own_authorizer_alone(stack: Deployment, door: HttpDoor) -> None:
    both = {**signed(ME, ADMIN)["requestContext"]["authorizer"], "jwt": {"claims": {**TOLD["claims"], GROUPS: "[x]"}}}
    for route in BY_SIGNATURE:
        assert door.send(asked(route, {"jwt": TOLD}, headers=HEADERS)).code == "unauthenticated"
    for route in BY_TOKEN:
        assert door.send(signed(route, ADMIN, headers=HEADERS)).code == "unauthenticated"
        assert door.send(asked(route, both, headers=HEADERS)).code == "no_role"
    assert stack.wire.calls == []
    assert door.send(asked("GET /iam/v1/me", both)).json["actor"] == "user/root-of-sagas"


@pytest.mark.parametrize(
    "sub",
    [
        "a b",
        "a#b",
        "\u0000",
        "x" * 128,
        "x" * 2000,
        "a\nb",
        "\ud800",
        "role/on-call/olga",
        "\u202eada",
        "auth0|5f",
        "ä",
    ],
)
def test_whoever_it_is_an_act_can_name_him(door: HttpDoor, sub: str) -> None:
    actor = door.get("me", claims_of("on-call", sub=sub)).json["actor"]

    assert names_an_actor(actor)
    assert actor.startswith("person/")
    assert actor != door.get("me", claims_of("on-call", sub=f"{sub}x")).json["actor"]
    assert actor.isprintable()
    if len(sub) < 20 and sub.isprintable() and " " not in sub and "#" not in sub:
        assert actor == f"person/{sub}"


def test_a_person_acts_and_is_on_record(stack: Deployment, door: HttpDoor) -> None:
    stack.deliver(event("EXECUTION_REQUESTED"))

    assert door.cancel("ex-1", arn=claims_of("readers")).code == "forbidden"
    told = door.cancel("ex-1", arn=claims_of("on-call"), body=json.dumps({"reason": "asked to"}))

    assert (told.status, told.json["saga"]["state"]) == (200, "cancelled")
    (act,) = door.get("sagas/{name}/{key}/acts", OPERATOR, path={"name": "execution_saga", "key": "ex-1"}).json["acts"]
    assert (act["actor"], act["door"], act["role"], act["verified"]) == ("person/8c1f-olga", "jwt", "operator", True)


def test_people_come_from_where_they_may(stack: Deployment) -> None:
    door = HttpDoor(stack.at, cidrs="198.51.100.0/24")

    assert door.get("me", claims_of("on-call")).code == "not_from_here"
    assert door.get("me", claims_of()).code == "no_role"


def test_nobody_has_a_role_by_default(stack: Deployment) -> None:
    assert HttpDoor(stack.at, role_map="").get("me", GOOD).code == "no_role"
    assert HttpDoor(stack.at, role_map=" , x:reader ,").get("me", claims_of("x")).json["role"] == "reader"


def test_claim_and_scope_are_settings(stack: Deployment) -> None:
    door = HttpDoor(stack.at, more={"ROLE_CLAIM": "https://x.example/roles", "API_SCOPE": "api://s/Use"})
    claims = {"sub": "o", "scp": "api://s/Use", "https://x.example/roles": ["on-call"]}

    assert door.get("me", claims).json["role"] == "operator"
    assert door.get("me", GOOD).code == "no_role"


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("ROLE_MAP", "on-call", "WORD:ROLE"),
        ("ROLE_MAP", "on-call:owner", "WORD:ROLE"),
        ("ROLE_MAP", "on-call:Admin", "WORD:ROLE"),
        ("ROLE_MAP", "a b:admin", "WORD:ROLE"),
        ("ROLE_MAP", "[a]:admin", "WORD:ROLE"),
        ("ROLE_MAP", "a:admin,a:reader", "each word once"),
        ("ROLE_CLAIM", "a b", "pattern"),
        ("OWNER_CLAIM", "a b", "pattern"),
        ("API_SCOPE", "", "pattern"),
        ("API_SCOPE", "a b", "pattern"),
    ],
)
def test_a_setting_with_a_mistake_lets_nobody_in(name: str, value: str, wanted: str) -> None:
    with pytest.raises(InvalidSettings, match=name) as raised:
        ApiSettings.from_environment({"ACCOUNT_ID": ACCOUNT, name: value})

    assert wanted in str(raised.value)
