"""Events of a saga's own, and replies, in the envelopes that executions may come in: the same door reads them."""

from typing import Any

import pytest

from saga_orchestrator.entrypoints.saga_functions import CommandReplyFunction, SagaEventFunction
from saga_testing.lambda_context import Context
from saga_testing.samples.enveloped import as_headers, batch, confluent, record
from saga_testing.samples.sample_events import eventbridge
from saga_testing.samples.sample_orders import order_event, reply
from tests.handlers.orders.shop import Shop, placed, reserved

Json = dict[str, Any]


def cloudevent(fields: Json, **attributes: Any) -> Json:
    """`subject` is the key of the saga that the event is about; a reply has its address in the data."""
    said = {"event_id": "id", "event_type": "type", "timestamp": "time", "order_id": "subject"}
    data = {name: value for name, value in fields.items() if name not in said}
    told = {said[name]: value for name, value in fields.items() if name in said}
    return {"specversion": "1.0", "source": "/shop", **told, "data": data} | attributes


def structured(event: Json) -> Json:
    return batch(record(event))


def binary(event: Json) -> Json:
    return batch(record(event["data"], as_headers(event)))


modes = pytest.mark.parametrize("mode", [structured, binary, eventbridge], ids=lambda mode: mode.__name__)


@modes
def test_an_order_runs_to_its_end_in_cloudevents(mode: Any) -> None:
    shop = Shop()
    events, replies = SagaEventFunction(shop.at), CommandReplyFunction(shop.at)

    events.run(mode(cloudevent(order_event("PLACED", amount=2000))), Context())
    for message in ("reserve_credit#1", "reserve_stock#1"):
        replies.run(mode(cloudevent(reply(message))), Context())
    events.run(mode(cloudevent(order_event("APPROVED"))), Context())
    replies.run(mode(cloudevent(reply("ship_order#1"), subject="whatever the participant calls it")), Context())

    assert (shop.state(), shop.reasons()) == ("completed", [])


@modes
def test_a_subject_that_names_another_order_is_rejected(mode: Any) -> None:
    shop = placed()
    cancelled = order_event("CANCELLED")

    SagaEventFunction(shop.at).run(mode(cloudevent(cancelled, data=cancelled, subject="o-2")), Context())

    assert (shop.state(), shop.reasons()) == ("running", ["cloudevent_contradiction"])


@modes
def test_an_event_of_an_order_and_a_reply_contradict_in_their_types(mode: Any) -> None:
    shop = reserved()
    answer = reply("ship_order#1")

    CommandReplyFunction(shop.at).run(mode(cloudevent(answer, data=answer, type="ORDER_PLACED")), Context())

    assert (shop.state(), shop.reasons()) == ("running", ["cloudevent_contradiction"])


def test_what_a_registry_decoded_starts_an_order_and_answers_it() -> None:
    shop = Shop()
    event = order_event("PLACED")
    answer = {"eventId": "rep-x", "eventType": "COMMAND_REPLY", "inReplyTo": "order_saga:o-1:reserve_credit#1"}

    SagaEventFunction(shop.at).run(batch(record(event | {"timestamp": shop.now}, written_as="AVRO")), Context())
    CommandReplyFunction(shop.at).run(batch(record(answer | {"outcome": "done"}, written_as="PROTOBUF")), Context())

    assert (shop.standing("reserve_credit"), shop.reasons()) == ("done", [])


@pytest.mark.parametrize("function", [SagaEventFunction, CommandReplyFunction])
def test_what_nobody_decoded_names_its_framing_here_too(function: Any) -> None:
    shop = Shop()

    function(shop.at).run(batch(record(confluent(b"\x02avro\xff"))), Context())

    assert shop.reasons() == ["confluent_framing"]


def test_a_type_that_only_a_header_names_reaches_the_saga_on_a_shared_topic() -> None:
    shop = Shop({"TOPIC_LAYOUT": "shared"})
    sent = order_event("PLACED")
    nameless = {name: value for name, value in sent.items() if name != "event_type"}
    invocation = batch(record(nameless, {"event_type": "order_placed"}), record(nameless))

    SagaEventFunction(shop.at).run(invocation, Context())
    CommandReplyFunction(shop.at).run(invocation, Context())

    assert (shop.state(), shop.reasons()) == ("running", [])
