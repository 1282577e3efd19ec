"""docs/openapi.yaml: routes, verbs and bodies from the code, answers by the shapes that tests hold to the code."""

import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import yaml

from saga_orchestrator.application.listing import Order
from saga_orchestrator.domain.operating.acts import Door
from saga_orchestrator.domain.operating.authority import DEMANDS, Deed, Demands
from saga_orchestrator.entrypoints.http_api.acting import BODIES
from saga_orchestrator.entrypoints.http_api.callers import LONGEST_OWNER
from saga_orchestrator.entrypoints.http_api.counting import GROUPED
from saga_orchestrator.entrypoints.http_api.operation_bodies import Aborting, Filter, Preparing, Starting
from saga_orchestrator.entrypoints.http_api.reading import DEFAULT_PAGE, LARGEST_PAGE
from saga_orchestrator.entrypoints.http_api.requests import Body
from saga_orchestrator.entrypoints.http_api.routes import OPERATIONS, route_key
from tests.release.docs.documents import ROOT
from tests.release.docs.http_api import rejected_shapes, slot_shapes
from tests.release.docs.http_api.parts import ANY_READ, ETAG, named
from tests.release.docs.http_api.shapes import COMPONENTS

Json = dict[str, Any]

OPENAPI: Final[Path] = ROOT / "docs/openapi.yaml"
ANY_ACT: Final = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 500, 503)
READS: Final[dict[str, tuple[str, str, tuple[int, ...]]]] = {
    "GET me": ("Who the caller is here, and which verbs he has", "Me", ANY_READ),
    "GET executions/{execution_id}": ("All sagas of one execution", "Execution", (*ANY_READ, 404)),
    "GET sagas": ("A list of sagas, in an order that is served", "Page", ANY_READ),
    "GET groups": ("What a list holds, by reason, step, saga and language", "Groups", ANY_READ),
    "GET statistics": ("How many sagas are open, and where those that ended are counted", "AnyStatistics", ANY_READ),
    "GET summary": ("The numbers that people look at first", "Summary", ANY_READ),
    "GET operations": ("Operations, the newest first", "Operations", ANY_READ),
    "GET operations/{operation_id}": ("One operation, and how far it is", "Operation", (*ANY_READ, 404)),
    "GET operations/{operation_id}/items": ("Its set, and what became of each", "OperationItems", (*ANY_READ, 404)),
    "GET sagas/{name}/{key}": ("One saga", "OneSaga", (*ANY_READ, 404, 409)),
    "GET sagas/{name}/{key}/acts": ("What people did to one saga, in order", "Acts", (*ANY_READ, 404, 409)),
    **rejected_shapes.READS,
    **slot_shapes.READS,
}
"""By operation: what it is, what it answers, and which problems it may have."""
PARTS: Final[dict[str, tuple[str, str, str, int, type[Body], bool]]] = {
    "POST operations": ("prepare", "Freeze the set that a verb is for", "PreparedOperation", 201, Preparing, False),
    "POST operations/{operation_id}/start": ("start", "Have it run", "MovedOperation", 202, Starting, True),
    "POST operations/{operation_id}/abort": ("abort", "Touch no further saga", "MovedOperation", 200, Aborting, False),
}
"""What changes operations: name, what it is, answer and status, body, and whether it wants If-Match."""
WRITES: Final = {**rejected_shapes.WRITES, **slot_shapes.WRITES}
"""Verbs whose target is no saga."""
VERBS: Final[dict[Deed, str]] = {
    Deed.CANCEL: "Cancel what runs, before its point of no return, or what waits for its start",
    Deed.RETRY: "Ask again for a parked step or undo",
    Deed.RESOLVE: "Say that a parked step or undo was done by hand",
    Deed.SKIP: "Say that a parked undo will not be done",
    Deed.UNDO: "Take back what is before a parked point of no return",
    Deed.NOTE: "Leave a note; nothing changes",
}
SCHEMES: Final = {
    Door.IAM: {"name": "signature", "suffix": ""},
    Door.JWT: {"name": "token", "suffix": "_by_token"},
}
"""By door: what opens it, and what tells its operations from the others'."""
KEY: Final = {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"}
PATTERNS: Final = {
    "name": "^[a-z][a-z0-9_]{0,63}$",
    "key": "^[A-Za-z0-9_-]{1,64}$",
    "id": "^[0-9a-f]{12}$",
    "operation_id": "^[0-9a-f]{24}$",
    "language": "^[a-z0-9][a-z0-9+._-]{0,63}$",
}


def document() -> Json:
    paths: dict[str, Json] = {}
    for door, scheme in SCHEMES.items():
        for name in OPERATIONS:
            method, _, path = route_key(door, name).partition(" ")
            operation = _operation(name, name.partition(" ")[2])
            operation["operationId"] = f"{operation['operationId']}{scheme['suffix']}"
            paths.setdefault(path, {})[method.lower()] = {**operation, "security": [{scheme["name"]: []}]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Saga orchestrator",
            "version": "1",
            "description": "For programs and people who operate: see docs/api.md. Written by `make documents`.",
            "license": {"name": "see LICENSE"},
        },
        "servers": [{"url": "https://{api}", "variables": {"api": {"default": "the-output-ApiUrl.example"}}}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4, service execute-api",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of JwtIssuer with the scope of ApiScope; Api=iam+jwt alone",
                },
            },
            "schemas": {**COMPONENTS, "Filter": _filter()},
        },
    }


def text() -> str:
    """The same on every machine."""
    plain = json.loads(json.dumps(document()))  # nothing twice that YAML would make an alias of
    written: str = yaml.safe_dump(plain, sort_keys=False, width=120, allow_unicode=True)
    return written


def _operation(route: str, path: str) -> Json:
    parameters = [_path_parameter(name) for name in re.findall(r"\{(\w+)\}", path)]
    if route in READS:
        summary, shape, problems = READS[route]
        more, etagged = _query(route), route.endswith(("/{key}", "/{operation_id}"))
        operation: Json = {"operationId": _identifier(route), "summary": summary, "parameters": [*parameters, *more]}
    elif route in PARTS:
        return _part(route, parameters)
    elif route in WRITES:
        operation, shape, problems, etagged = (
            _beside_sagas(route, parameters),
            WRITES[route].shape,
            ANY_ACT,
            True,
        )
    else:
        deed = Deed(path.rpartition("/")[2])
        shape, problems, etagged = "Acted", ANY_ACT, True
        operation = {
            "operationId": deed,
            "summary": VERBS[deed],
            "description": _for(DEMANDS[deed]),
            "parameters": [*parameters, *_act_headers(DEMANDS[deed])],
            "requestBody": {
                "required": DEMANDS[deed].reason,
                "content": {"application/json": {"schema": _body(deed)}},
            },
        }
    operation["responses"] = {"200": _answer(shape, etagged=etagged)}
    if route.endswith("/{key}") and route in READS:
        operation["responses"]["304"] = {"description": "It is as If-None-Match says"}
    operation["responses"] |= {str(status): _problem(status) for status in sorted(problems)}
    return operation


def _part(route: str, parameters: list[Json]) -> Json:
    name, summary, shape, status, body, version = PARTS[route]
    tags = [] if route == "POST operations" else [_header("If-Match", ETAG, required=version)]
    schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return {
        "operationId": f"{name}_operation",
        "summary": summary,
        "description": "For admin and operator, each with the verbs that are his.",
        "parameters": [*parameters, _header("Idempotency-Key", KEY, required=True), *tags],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            str(status): _answer(shape, etagged=True),
            **{str(each): _problem(each) for each in sorted(ANY_ACT)},
        },
    }


def _filter() -> Json:
    """A part that is left out is any; the model's own default for it is no value that could be sent."""
    schema = Filter.model_json_schema()
    parts = {
        name: {key: value for key, value in part.items() if key != "default"}
        for name, part in schema["properties"].items()
    }
    return {**schema, "properties": parts, "minProperties": 1}


def _beside_sagas(route: str, parameters: list[Json]) -> Json:
    """A verb whose target is no saga."""
    written = WRITES[route]
    demands, schema = written.demands, written.body.model_json_schema()
    if demands.reason:
        schema["required"] = ["reason"]
    return {
        "operationId": "_".join(re.findall(r"[a-z]+", re.sub(r"\{\w+\}|POST ", "", route))),
        "summary": written.summary,
        "description": _for(demands),
        "parameters": [*parameters, *_act_headers(demands)],
        "requestBody": {"required": demands.reason, "content": {"application/json": {"schema": schema}}},
    }


def _for(demands: Demands) -> str:
    return f"For {' and '.join(sorted(demands.roles - {'break_glass'}))}."


def _identifier(route: str) -> str:
    words = re.sub(r"GET |\{\w+\}", "", route).strip("/").split("/")
    named_parts = [word for word in words if word]
    return "_".join(["get", *named_parts, *(["one"] if route.endswith("}") else [])])


def _body(deed: Deed) -> Json:
    schema = BODIES[deed].model_json_schema()
    if DEMANDS[deed].reason:
        schema["required"] = ["reason"]
    return schema


def _path_parameter(name: str) -> Json:
    schema = {"type": "string", "pattern": PATTERNS.get(name, PATTERNS["key"])}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(route: str) -> list[Json]:
    if route.endswith("/{key}"):
        return [_header("If-None-Match", ETAG, required=False)]
    if route == "GET groups":
        served = {"type": "string", "enum": [str(each) for each in GROUPED]}
        return [{"name": "of", "in": "query", "required": True, "schema": served}]
    if route not in {"GET sagas", "GET operations", "GET operations/{operation_id}/items"}:
        return rejected_shapes.query_of(route)
    size = {"type": "integer", "minimum": 1, "default": DEFAULT_PAGE, "description": f"{LARGEST_PAGE} at most"}
    paged = [
        {"name": "page_size", "in": "query", "required": False, "schema": size},
        {"name": "page_token", "in": "query", "required": False, "schema": {"type": "string"}},
    ]
    if route != "GET sagas":
        return paged
    return [
        {
            "name": "order",
            "in": "query",
            "required": True,
            "schema": {"type": "string", "enum": [str(o) for o in Order]},
        },
        {
            "name": "owner",
            "in": "query",
            "required": False,
            "schema": {"type": "string", "maxLength": LONGEST_OWNER},
            "description": "Whose, with order=owner; owners leave it out, and get their own",
        },
        *paged,
    ]


def _act_headers(demands: Demands) -> list[Json]:
    return [
        _header("Idempotency-Key", KEY, required=True),
        _header("If-Match", ETAG, required=demands.version),
    ]


def _header(name: str, schema: Json, *, required: bool) -> Json:
    return {"name": name, "in": "header", "required": required, "schema": schema}


def _answer(shape: str, *, etagged: bool) -> Json:
    answer: Json = {"description": shape, "content": {"application/json": {"schema": named(shape)}}}
    if etagged:
        answer["headers"] = {"ETag": {"required": True, "schema": ETAG}}
    return answer


def _problem(status: int) -> Json:
    content = {"application/problem+json": {"schema": named("Problem")}}
    return {"description": HTTPStatus(status).phrase, "content": content}
