"""Two versions of one saga, and two releases in turn: a saga goes on under the version that it began with."""

from dataclasses import replace
from typing import Final

import pytest

from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.flow.terms import Answer, Command, Outcome, Start
from saga_orchestrator.domain.registry import Role, SagaRegistry
from saga_orchestrator.domain.saga import Saga
from saga_testing.samples.sample_orders import order_event, reply
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER, OrderPlaced
from tests.handlers.orders.shop import Shop

CREDIT, STOCK, APPROVE, SHIP = ORDER.steps
SECOND: Final = replace(
    ORDER,
    version=2,
    steps=(STOCK, CREDIT, replace(APPROVE, awaits=(*APPROVE.awaits, Outcome("ORDER_WAVED_ON", Answer.DONE))), SHIP),
    messages={**ORDER.messages, "release_credit": Command("RELEASE_CREDIT_COMMAND", lambda _order: {"why": "second"})},
)
FIRST_RELEASE: Final = SagaRegistry((EXECUTION_SAGA, ORDER))
SECOND_RELEASE: Final = SagaRegistry((EXECUTION_SAGA, SECOND, ORDER))
WITHOUT_THE_FIRST: Final = SagaRegistry((EXECUTION_SAGA, SECOND))


def begun(release: SagaRegistry) -> Shop:
    shop = Shop(sagas=release)
    shop.order("PLACED")
    return shop


def test_a_saga_goes_on_under_the_version_it_began_with_and_new_ones_begin_under_the_newest() -> None:
    shop = begun(FIRST_RELEASE)
    shop.register(SECOND_RELEASE)
    shop.order("PLACED", order_id="o-2")

    shop.reply("reserve_credit#1")
    shop.reply("reserve_stock#1", order_id="o-2")

    assert (shop.found().definition_version, shop.standing("reserve_stock")) == (1, "asked")
    assert (shop.found("o-2").definition_version, shop.standing("reserve_credit", "o-2")) == (2, "asked")
    assert shop.reasons() == []


def test_a_message_is_made_by_the_version_that_emitted_it() -> None:
    shop = begun(FIRST_RELEASE)
    shop.order("CANCELLED")
    shop.register(SECOND_RELEASE)
    shop.order("PLACED", order_id="o-2")
    shop.reply("reserve_stock#1", order_id="o-2")
    shop.order("CANCELLED", order_id="o-2")

    assert shop.relay_stream()

    undos = {body["order_id"]: body for body in shop.published if body["message_type"] == "RELEASE_CREDIT_COMMAND"}
    assert "why" not in undos["o-1"]
    assert undos["o-2"]["why"] == "second"


def test_older_code_leaves_a_newer_saga_to_newer_code_whatever_comes() -> None:
    shop = begun(SECOND_RELEASE)
    before = shop.found()
    shop.register(FIRST_RELEASE)

    for detail in (reply("reserve_stock#1"), order_event("CANCELLED"), order_event("PLACED")):
        with pytest.raises(RetryableError, match="newer than this code's"):
            shop.deliver(detail)
    shop.wait(60, every=30)

    assert shop.found() == before
    assert not shop.relay_stream()
    assert shop.reasons() == []
    shop.register(SECOND_RELEASE)
    shop.reply("reserve_stock#1")
    assert shop.relay_stream()
    assert shop.found().version == before.version + 1


def test_releases_in_turn_on_every_event_render_nothing_twice_with_other_bytes() -> None:
    shop = begun(FIRST_RELEASE)
    for release, message in ((SECOND_RELEASE, "reserve_credit#1"), (FIRST_RELEASE, "reserve_stock#1")):
        shop.register(release)
        shop.reply(message)
        assert shop.relay_stream()
    told = {body["message_id"]: body for body in shop.published}
    shop.relayed = 0
    shop.register(SECOND_RELEASE)
    assert shop.relay_stream()

    assert {body["message_id"]: body for body in shop.published} == told
    assert shop.standing("ship") == "asked"


def test_a_version_that_is_gone_is_set_aside_and_blocks_nobody() -> None:
    shop = begun(FIRST_RELEASE)
    shop.register(WITHOUT_THE_FIRST)
    shop.order("PLACED", order_id="o-2")

    shop.reply("reserve_credit#1")
    shop.order("CANCELLED")
    assert shop.reasons() == ["unknown_definition", "unknown_definition"]
    shop.wait(31, every=31)

    assert shop.reasons() == ["unknown_definition"] * 3
    assert shop.standing("reserve_stock", "o-2") == "asked"
    assert len(shop.sent("o-2")) == 3
    shop.register(SECOND_RELEASE)
    shop.reply("reserve_credit#1")
    assert shop.standing("reserve_credit") == "done"


def test_an_edit_that_kept_its_number_shows() -> None:
    edited = replace(ORDER, steps=(replace(CREDIT, within=7), *ORDER.steps[1:]))
    shop = begun(FIRST_RELEASE)
    shop.register(SagaRegistry((EXECUTION_SAGA, edited)))

    shop.reply("reserve_credit#1")

    assert shop.reasons() == ["definition_changed"]
    shop.register(FIRST_RELEASE)
    shop.reply("reserve_credit#1")
    assert shop.standing("reserve_credit") == "done"


def test_a_saga_from_before_there_were_hashes_goes_on() -> None:
    saga = Saga("o-1", ORDER.name, 1, begun(FIRST_RELEASE).found().state, 1, 1, "c")

    assert FIRST_RELEASE.definition_of(saga) is ORDER


def test_an_event_that_only_one_version_awaits_reaches_its_sagas() -> None:
    older = replace(ORDER, steps=(CREDIT, STOCK, replace(APPROVE, awaits=APPROVE.awaits[:1]), SHIP))
    fewer = replace(older, version=2)
    shop = Shop(sagas=FIRST_RELEASE)
    shop.order("PLACED", amount=2000)
    shop.reply("reserve_credit#1", "reserve_stock#1")
    shop.register(SagaRegistry((EXECUTION_SAGA, fewer, ORDER)))
    shop.order("PLACED", order_id="o-2", amount=2000)

    shop.order("DECLINED")
    shop.order("DECLINED", order_id="o-2")

    assert shop.state() == "compensating"
    assert shop.reasons() == ["wrong_event_type"]


def test_the_registry_knows_every_version_and_gives_the_newest() -> None:
    assert tuple(SECOND_RELEASE) == (EXECUTION_SAGA, SECOND)
    assert SECOND_RELEASE.named("order_saga") is SECOND
    assert SECOND_RELEASE.routes["ORDER_PLACED"].definition is SECOND
    starts_otherwise = replace(SECOND, starts=Start("ORDER_MADE", "order_id", OrderPlaced))
    routes = SagaRegistry((ORDER, starts_otherwise)).routes
    assert "ORDER_PLACED" not in routes
    assert {route.role for route in routes.values()} == set(Role)
    with pytest.raises(ValueError, match="more than one saga is named order_saga"):
        SagaRegistry((ORDER, ORDER))
    with pytest.raises(ValueError, match="one version at a time, with its retired steps: execution_saga"):
        SagaRegistry((EXECUTION_SAGA, replace(EXECUTION_SAGA, version=2)))
    for taken in ("COMMAND_REPLY", "EXECUTION_STARTED", "order_cancelled"):
        with pytest.raises(ValueError, match="is the engine's own, or not in upper case"):
            SagaRegistry((replace(ORDER, cancels=taken),))
