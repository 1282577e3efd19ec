"""The functions of sagas with events of their own: what they call against what their roles may do."""

from typing import Any, Final

from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing.deployment import EXECUTIONS_AND_ORDERS
from saga_testing.moto_world import World
from saga_testing.samples.sample_orders import order_event, reply
from tests.release.security.claiming_sagas import CLAIMING, ROOM
from tests.release.security.permission_matrix import by_code, calls_of, no_event, one_batch
from tests.release.template.deployment import COMMAND_REPLY, SAGA_EVENT, SAGA_WAKE

SLEEPERS: Final = (("o-1", "order_saga"), ("first", "stay_saga"))


def wanted(saga: str, key: str) -> dict[str, Any]:
    """The start of a saga that takes a room."""
    own = {"event_type": f"{saga.upper()}_WANTED", "nights": 1, f"{saga}_id": key}
    return {name: value for name, value in order_event("PLACED").items() if name != "order_id"} | own


def answered(saga: str, key: str, message: str = "ask#1") -> dict[str, Any]:
    return reply(message) | {"in_reply_to": f"{saga}_saga:{key}:{message}"}


def test_the_function_of_ones_own_sagas(world: World) -> None:
    world.register(EXECUTIONS_AND_ORDERS)

    def orders() -> None:
        for name in ("CANCELLED", "PLACED", "PLACED", "APPROVED"):
            world.deliver(order_event(name, order_id="early"))
        world.deliver(order_event("PLACED", order_id="ordinary"))
        no_event(world, "ORDER_PLACED")

    def rooms() -> None:
        for key in ("first", "second"):  # the second reads the shards and is refused
            world.deliver(wanted("stay", key))

    seen = calls_of(world, orders)
    world.register(CLAIMING)
    world.reconfigure(LANGUAGE_LIMITS=f'{{"{ROOM}": 1}}')

    assert seen | calls_of(world, rooms) == by_code(SAGA_EVENT)


def test_the_function_of_replies(world: World) -> None:
    world.register(EXECUTIONS_AND_ORDERS)
    world.deliver(order_event("PLACED"))

    def answers() -> None:
        for message in ("reserve_credit#1", "reserve_credit#1", "reserve_stock#1"):
            world.deliver(reply(message))
        world.deliver(reply("reserve_credit#1", order_id="unknown"))
        one_batch(
            world, "COMMAND_REPLY", *(reply("reserve_credit#1", order_id=f"batched-{number}") for number in range(2))
        )
        no_event(world, "COMMAND_REPLY")

    def rooms() -> None:
        for key in ("first", "second"):
            world.deliver(answered("trip", key))
        world.deliver(answered("trip", "second", "take_back#1"))
        world.deliver(answered("trip", "first", "leave#1"))

    seen = calls_of(world, answers)
    world.register(CLAIMING)
    world.reconfigure(LANGUAGE_LIMITS=f'{{"{ROOM}": 1}}')
    for key in ("first", "second"):
        world.deliver(wanted("trip", key))

    assert seen | calls_of(world, rooms) == by_code(COMMAND_REPLY)


def test_the_function_of_wakes(world: World) -> None:
    """An attempt falls silent; a step that was given up gives a slot back in a transaction; and one body is no wake."""
    world.register(SagaRegistry((*EXECUTIONS_AND_ORDERS, *CLAIMING)))
    world.deliver(order_event("PLACED"))
    world.deliver(wanted("stay", "first"))

    def wakes() -> None:
        for _ in range(5):
            world.advance(31)
            bodies = [f'{{"execution_id": "{key}", "saga_name": "{saga}", "due": 1}}' for key, saga in SLEEPERS]
            answer = world.wake(
                *({"eventSource": "aws:sqs", "messageId": body[:9], "body": body} for body in (*bodies, "no wake"))
            )
            assert answer == {"batchItemFailures": []}

    assert calls_of(world, wakes) == by_code(SAGA_WAKE)
