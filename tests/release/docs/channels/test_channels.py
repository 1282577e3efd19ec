"""The documents of the channels say what the code takes and sends, and independent judges find them well formed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.flow.terms import Command
from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.entrypoints.saga_decoding import decode_reply, decode_saga_event
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.release.docs.channels.documents import ASYNCAPI, PAGE, SCHEMAS, texts
from tests.release.docs.channels.page import page
from tests.release.docs.channels.plays import execution_events, execution_messages, waiting_plays
from tests.release.docs.channels.sagas import REGISTRY
from tests.release.docs.channels.waiting_schemas import inbound, outbound, reply_schema
from tests.release.docs.documents import ROOT

Json = dict[str, Any]

ODD: list[Any] = ["", "a b", 0, -1, 1.5, [], {}, None, True]
AGAIN = "run: make documents"
OFFICIAL = Path(__file__).parent / "asyncapi-3.0.0.schema.json"
"""As the AsyncAPI initiative publishes it in the npm package @asyncapi/specs 6.11.1, without `$id` (Apache-2.0)."""


@pytest.fixture(scope="module")
def document() -> Json:
    found: Json = yaml.safe_load(ASYNCAPI.read_text(encoding="utf-8"))
    return found


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            elif name != "examples":
                yield from references(value)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


def found_at(document: Json, reference: str) -> Any:
    part: Any = document
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def schema_of(message: Json) -> Json:
    schema: Json = json.loads((SCHEMAS.parent / message["payload"]["$ref"]).read_text(encoding="utf-8"))
    return schema


def test_the_documents_are_the_generated_ones() -> None:
    generated = texts()

    assert {path: path.read_text(encoding="utf-8") for path in generated} == generated, AGAIN
    assert {*SCHEMAS.glob("*/*.schema.json")} <= {*generated}, f"schemas of what is not sent any more; {AGAIN}"


def test_the_page_says_what_the_document_says_and_nothing_else(document: Json) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(document), AGAIN


def test_the_official_schema_finds_the_document_well_formed(document: Json) -> None:
    validator = jsonschema.Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))

    assert [error.message for error in validator.iter_errors(document)] == []
    operation = {**document["operations"]["send.CREATE_POD_COMMAND.bus"], "action": "shout"}
    broken = {**document, "operations": {"send.CREATE_POD_COMMAND.bus": operation}}
    assert not validator.is_valid(broken), "the judge sees nothing"


def test_every_reference_leads_somewhere_and_operations_carry_what_their_channels_have(document: Json) -> None:
    for reference in references(document):
        if reference.startswith("#/"):
            assert found_at(document, reference) is not None
        else:
            assert (SCHEMAS.parent / reference).is_file(), reference
    for name, operation in document["operations"].items():
        channel = operation["channel"]["$ref"]
        assert {*operation["messages"][0]} == {"$ref"}
        assert all(each["$ref"].startswith(f"{channel}/messages/") for each in operation["messages"]), name


def test_every_schema_is_one_and_takes_the_examples_of_its_message(document: Json) -> None:
    for identity, message in document["components"]["messages"].items():
        validator = jsonschema.Draft202012Validator(schema_of(message))
        validator.check_schema(validator.schema)

        assert message["examples"], f"{identity} has no example"
        for example in message["examples"]:
            assert [error.message for error in validator.iter_errors(example["payload"])] == [], identity


def test_a_schema_takes_no_message_that_lacks_a_field_or_has_it_wrong(document: Json) -> None:
    """So that a schema that takes everything would be noticed; what no schema requires is optional on the wire."""
    for identity, message in document["components"]["messages"].items():
        schema, payload = schema_of(message), message["examples"][0]["payload"]
        validator = jsonschema.Draft202012Validator(schema)
        assert schema["required"], identity
        for name in schema["required"]:
            missing = {key: value for key, value in payload.items() if key != name}
            assert not validator.is_valid(missing), f"{identity} without {name}"
            assert not validator.is_valid(payload | {name: object()}), f"{identity}.{name}"


def test_all_that_sagas_send_fits_its_schema() -> None:
    files: dict[tuple[str, str], Json] = {
        (definition.name, name): schema
        for definition in REGISTRY
        if definition.starts
        for name, schema in outbound(definition).items()
    }
    bodies = [dict(message.body) for message in execution_messages(EXECUTION_SAGA)]
    for body in bodies:
        jsonschema.validate(
            body, schema_of({"payload": {"$ref": f"schemas/{body['message_type'].lower()}.schema.json"}})
        )

    played = [
        dict(m.body)
        for definition in REGISTRY
        if definition.starts
        for p in waiting_plays(definition)
        for m in p.messages()
    ]
    for body in played:
        jsonschema.validate(body, files[body["saga_name"], body["message_type"]])

    assert {(body["saga_name"], body["message_type"]) for body in played} == {*files}, "never sent"
    declared = {spec.type for spec in EXECUTION_SAGA.messages.values()}
    assert declared <= {body["message_type"] for body in bodies}


def test_what_a_schema_of_a_waiting_saga_takes_the_decoder_takes() -> None:
    """Field by field: left out, and of other types. The decoder may take more than it says."""
    registry = SagaRegistry((ORDER,))
    schemas = {name: schema for name, (_, schema) in inbound(registry).items()} | {"COMMAND_REPLY": reply_schema()}

    def taken(fields: Json) -> bool:
        try:
            if fields["event_type"].upper() == "COMMAND_REPLY":
                decode_reply(fields)
            else:
                decode_saga_event(fields, registry.routes[fields["event_type"].upper()], by_operator=False)
        except RejectedEvent:
            return False
        return True

    seen: dict[str, Json] = {each["event_type"]: each for play in waiting_plays(ORDER) for each in play.said}
    assert {*seen} == {*schemas}
    refused = 0
    for name, fields in seen.items():
        validator = jsonschema.Draft202012Validator(schemas[name])
        for field in fields.keys() - {"event_type"}:
            without = {key: value for key, value in fields.items() if key != field}
            for changed in (
                without,
                *(fields | {field: value} for value in ODD),
            ):
                if validator.is_valid(changed):
                    assert taken(changed), f"{name}.{field}: {changed.get(field, 'left out')!r}"
                refused += not taken(changed)
    assert refused > 50, "the decoder takes anything"


def test_the_topics_are_those_of_the_template(document: Json) -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")

    for event_type in execution_events():
        topic = document["channels"][f"kafka.{event_type.lower()}"]["address"]
        assert f'!Sub "${{TopicPrefix}}{topic}"' in template
    assert f"Default: {document['channels']['kafka.saga_commands']['address']}\n" in template


def test_who_asks_says_where_the_answer_goes(document: Json) -> None:
    asked = {spec.type for spec in ORDER.messages.values() if isinstance(spec, Command)} | {"DELETE_POD_COMMAND"}
    answered = {name.split(".")[1] for name, operation in document["operations"].items() if "reply" in operation}

    assert answered == asked
    for operation in document["operations"].values():
        if "reply" in operation:
            way = operation["channel"]["$ref"].removeprefix("#/channels/").partition(".")[0]
            assert operation["reply"]["channel"]["$ref"].removeprefix("#/channels/").partition(".")[0] == way


def test_a_field_that_a_definition_works_out_is_left_open() -> None:
    def body(order: Any) -> dict[str, Any]:
        return {"customer": order.input["customer"], "shout": f"{order.input['customer']}!"}

    def working(order: Any) -> dict[str, Any]:
        return {"double": order.input["amount"] * 2 + 1}

    messages = {**ORDER.messages, "reserve_credit": Command("RESERVE_CREDIT_COMMAND", body)}
    schema = outbound(replace(ORDER, messages=messages))["RESERVE_CREDIT_COMMAND"]
    assert (schema["properties"]["customer"]["type"], schema["properties"]["shout"]) == ("string", {})

    messages["reserve_credit"] = Command("RESERVE_CREDIT_COMMAND", working)
    assert "double" not in outbound(replace(ORDER, messages=messages))["RESERVE_CREDIT_COMMAND"]["properties"]
