"""docs/openapi.yaml is what the code does: written from it, well formed to another judge, and kept by answers."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any, Final

import jsonschema
import pytest
import yaml
from openapi_spec_validator import validate

from saga_orchestrator.adapters.saga_codec import encode
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import Door
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed
from saga_orchestrator.domain.operating.other_targets import REPUBLISH, EventDeed, LimitDeed
from saga_orchestrator.entrypoints.http_api.routes import ROUTES, route_key
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import ADMIN, READER, HttpDoor, Told, claims_of, connect
from saga_testing.samples.parked_orders import stuck_order
from saga_testing.samples.rejected_events import reject, unknown_version
from saga_testing.samples.sample_events import event
from saga_testing.telemetry import RecordingTelemetry
from tests.release.docs.http_api.openapi import OPENAPI, text

Json = dict[str, Any]


OF_OPERATIONS: Final = {"prepare": "", "start": "/{operation_id}/start", "abort": "/{operation_id}/abort"}


@pytest.fixture(scope="module")
def document() -> Json:
    found: Json = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def door() -> HttpDoor:
    """One execution that runs, one that ended, a stub, a parked order, and one that cannot be read."""
    stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry())
    for execution_id in ("ex-1", "ex-2"):
        stack.deliver(event("EXECUTION_REQUESTED", execution_id))
    stack.deliver(event("EXECUTION_STARTED", "ex-2"))
    stack.deliver(event("EXECUTION_FAILED", "ex-2"))
    stack.deliver(event("EXECUTION_CANCELLED", "stub"))
    orders = (stuck_order(), replace(stuck_order(), execution_id="broken"))
    for order in orders:
        stack.aws.dynamodb.put_item(TableName="sagas", Item=encode(order))
    key = {"execution_id": {"S": "broken"}, "saga_name": {"S": "order_saga"}}
    stack.aws.dynamodb.update_item(TableName="sagas", Key=key, UpdateExpression="REMOVE dv")
    reject(stack, unknown_version("ex-9"))
    connect(stack, stack.aws.functions)
    return HttpDoor(stack.at)


def test_it_is_as_written_from_the_code() -> None:
    assert OPENAPI.read_text(encoding="utf-8") == text(), "run: make documents"


def test_an_independent_judge_finds_it_well_formed(document: Json) -> None:
    validate(document)
    broken = {**document, "paths": {"/x": {"get": {"parameters": [{"name": "x"}]}}}}
    with pytest.raises(Exception, match="x"):
        validate(broken)


def test_it_has_every_route_and_says_what_each_verb_needs(document: Json) -> None:
    described = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    assert described == set(ROUTES)
    for deed, demands in DEMANDS.items():
        for prefix in ("/iam/v1", "/v1"):
            operation = document["paths"][f"{prefix}/sagas/{{name}}/{{key}}/{deed}"]["post"]
            required = {each["name"] for each in operation["parameters"] if each["required"]}
            assert ("If-Match" in required, "Idempotency-Key" in required) == (demands.version, True)
            assert operation["requestBody"]["required"] is demands.reason
    for path, item in document["paths"].items():
        opens = "signature" if path.startswith("/iam/") else "token"
        assert all(operation["security"] == [{opens: []}] for operation in item.values())
    assert set(document["components"]["securitySchemes"]) == {"signature", "token"}
    identifiers = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(set(identifiers)) == len(identifiers)


def judged(document: Json, route: str, told: Told) -> None:
    """The answer is one that is described: status, type, and shape."""
    method, _, path = route.partition(" ")
    described = document["paths"][path][method.lower()]["responses"][str(told.status)]
    if told.status == 304:
        return
    ((content_type, content),) = described["content"].items()
    assert told.headers["content-type"] == content_type
    schema = {**content["schema"], "components": document["components"]}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(told.json)
    assert ("etag" in told.headers) >= ("headers" in described)


@pytest.mark.parametrize(
    ("by", "reader", "admin"),
    [(Door.IAM, READER, ADMIN), (Door.JWT, claims_of("readers"), claims_of("root-of-sagas"))],
    ids=["signed", "with a token"],
)
def test_what_the_function_answers_is_described(
    document: Json, door: HttpDoor, by: Door, reader: Any, admin: Any
) -> None:
    seen: set[str] = set()

    def get(template: str, **parts: Any) -> Told:
        route = route_key(by, f"GET {template}")
        told = door.get(template, reader, **parts)
        judged(document, route, told)
        seen.add(route)
        return told

    for key in ("ex-1", "ex-2", "stub", "o-1", "broken", "nothing"):
        get("executions/{execution_id}", path={"execution_id": key})
        for name in ("execution_saga", "order_saga"):
            found = get("sagas/{name}/{key}", path={"name": name, "key": key})
            get(
                "sagas/{name}/{key}",
                path={"name": name, "key": key},
                headers={"if-none-match": found.headers.get("etag", "")},
            )
            for deed in Deed:
                route = route_key(by, f"POST sagas/{{name}}/{{key}}/{deed}")
                for body in ("{", '{"x":1}', '{"reason":"seen to"}'):
                    for tag in (None, "x", '"v1-1"', found.headers.get("etag")):
                        told = door.act(deed, key, name, admin, body=body, if_match=tag, idempotency_key=f"k-{deed}")
                        judged(document, route, told)
                seen.add(route)
            route = route_key(by, f"POST sagas/{{name}}/{{key}}/{REPUBLISH}")
            for body, once in (("{", "k-1"), ("{}", "k-2"), ("{}", "k-2"), ('{"reason":"x"}', "k-2")):
                judged(document, route, door.act(REPUBLISH, key, name, admin, body=body, idempotency_key=once))
            seen.add(route)
            get("sagas/{name}/{key}/acts", path={"name": name, "key": key})
    for query in ({}, {"order": "deadlines"}, {"order": "parked"}, {"order": "deadlines", "page_size": "1"}):
        get("sagas", query=query)
    get("me")
    get("summary")
    get("statistics")
    for query in ({"of": "parked"}, {"of": "deadlines"}, {}, {"of": "x"}):
        get("groups", query=query)

    seen |= operations_answered(document, door, by, admin, get)
    seen |= answers_of_rejected(document, door, get, by, admin)
    seen |= answers_of_slots(document, door, get, by, admin)

    assert seen == {key for key, route in ROUTES.items() if route.door is by}


def operations_answered(document: Json, door: HttpDoor, by: Door, admin: Any, get: Any) -> set[str]:
    """Prepared, begun, aborted and refused; the routes that were asked."""
    parts = {part: f"POST operations{rest}" for part, rest in OF_OPERATIONS.items()}

    def post(part: str, identity: str = "", tag: str | None = None, body: str = '{"reason":"seen to"}') -> Told:
        headers = {"idempotency-key": f"k-{part}-{tag}", **({"if-match": tag} if tag else {})}
        told = door.ask(parts[part], admin, path={"operation_id": identity}, headers=headers, body=body)
        judged(document, route_key(by, parts[part]), told)
        return told

    asked = {"verb": "retry", "of": "parked", "filter": {"step": "ship"}, "reason": "seen to"}
    for before in (rfc3339(door.at.clock()), "x", "9999-12-31T00:00:00Z"):
        for verb in ("retry", "undo"):
            told = post("prepare", tag=before, body=json.dumps({**asked, "verb": verb, "before": before}))
            identity = told.json["operation"]["id"] if told.status == 201 else "0" * 24
            for part in ("start", "abort"):
                for tag in (None, '"v1-1"', told.headers.get("etag")):
                    post(part, identity, tag)
            for query in ({}, {"page_size": "1"}, {"page_token": "x"}):
                get("operations/{operation_id}/items", path={"operation_id": identity}, query=query)
                get("operations", query=query)
            get("operations/{operation_id}", path={"operation_id": identity})
    return {route_key(by, part) for part in parts.values()}


def answers_of_rejected(document: Json, door: HttpDoor, get: Callable[..., Told], by: Door, admin: Any) -> set[str]:
    """The routes of verbs on rejected events; those that read are asked through `get`."""
    (one,) = [each["id"] for each in get("rejected").json["rejected"]]
    for identifier in (one, "0123456789ab"):
        get("rejected/{id}", path={"id": identifier})
        for verb, body, tag in product(EventDeed, ("{", '{"reason":"seen to"}'), (None, "x", '"v1-1"')):
            told = door.event(verb, identifier, admin, body=body, if_match=tag, idempotency_key=f"k-{verb}")
            judged(document, route_key(by, f"POST rejected/{{id}}/{verb}"), told)
    for query in ({"order": "oldest"}, {"reason": "x"}, {"order": "x"}):
        get("rejected", query=query)
    get("rejected/groups")
    for query in ({}, {"since": "2026-01-01T00:00:00Z"}, {"since": "x"}, {"page_size": "1"}, {"verb": "note"}):
        get("acts", query=query)
    return {route_key(by, f"POST rejected/{{id}}/{verb}") for verb in EventDeed}


def answers_of_slots(document: Json, door: HttpDoor, get: Callable[..., Told], by: Door, admin: Any) -> set[str]:
    """The same of limits."""
    for query in ({}, {"page_size": "1"}, {"page_token": "x"}):
        get("slots", query=query)
    bodies: tuple[Json, ...] = (
        {},
        {"reason": "x"},
        {"reason": "x", "limit": 3, "until": "2026-11-25T00:00:00Z"},
        {"x": 1},
    )
    for language in ("python", "cobol"):
        tag = get("slots/{language}", path={"language": language}).headers.get("etag")
        for verb, body, match in product(LimitDeed, bodies, (tag, None, '"v9-1"')):
            sent: Json = {"path": {"language": language}, "body": json.dumps(body), "if_match": match}
            told = door.posted(f"slots/{{language}}/{verb}", admin, idempotency_key=f"k-{verb}", **sent)
            judged(document, route_key(by, f"POST slots/{{language}}/{verb}"), told)
    return {route_key(by, f"POST slots/{{language}}/{verb}") for verb in LimitDeed}


def test_every_code_of_a_problem_is_in_the_guide() -> None:
    guide = (OPENAPI.parent / "api.md").read_text(encoding="utf-8")
    sources = OPENAPI.parents[1] / "layers/saga_orchestrator/saga_orchestrator/entrypoints/http_api"
    written = "".join(path.read_text(encoding="utf-8") for path in sources.glob("*.py"))
    codes = set(re.findall(r'(?:bad_request|unavailable)\(\s*"([a-z_]+)"', written))
    codes |= set(re.findall(r'Problem\(\s*HTTPStatus\.\w+,\s*"([a-z_]+)"', written))

    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in guide} == set()


def test_an_answer_with_something_more_would_be_seen(document: Json, door: HttpDoor) -> None:
    told = door.get("me", READER)
    more = replace(told, body=json.dumps({**told.json, "more": 1}))

    with pytest.raises(jsonschema.ValidationError):
        judged(document, "GET /iam/v1/me", more)
