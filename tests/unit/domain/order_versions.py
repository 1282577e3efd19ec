"""Orders of a first version, and what a second one is made of."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from saga_orchestrator.domain.definition import SagaDefinition, Step
from saga_orchestrator.domain.flow.terms import Command
from saga_testing.samples.parked_orders import reserved_order
from sagas.order import ORDER

CREDIT, STOCK, APPROVE, SHIP = ORDER.steps
PACK: Final = Step("pack", sends="pack_order", within=5)
MESSAGES: Final[Mapping[str, Any]] = {**ORDER.messages, "pack_order": Command("PACK_ORDER_COMMAND")}
READING_NOTHING: Final = {
    **{kind: spec for kind, spec in MESSAGES.items() if kind != "order_confirmed"},
    "ship_order": Command("SHIP_ORDER_COMMAND"),
}
SHIPPING: Final = reserved_order()
"""Credit and stock are reserved, nobody had to approve, shipping is asked for."""


def second(*steps: Step, **fields: Any) -> SagaDefinition:
    return replace(ORDER, version=2, messages=fields.pop("messages", MESSAGES), steps=steps or ORDER.steps, **fields)
