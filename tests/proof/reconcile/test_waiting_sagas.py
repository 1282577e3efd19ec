"""Reconcile leaves a saga that waits as it is: it has not done its steps yet, and rests while it compensates."""

from typing import Final

import pytest

from saga_orchestrator.domain.policy import Policy
from saga_orchestrator.domain.repair import examine
from saga_testing.deployment import Deployment
from saga_testing.samples.sample_orders import order_event, reply
from sagas.order import ORDER

HISTORIES: Final = {
    "asked": (order_event("PLACED"),),
    "stock is asked": (order_event("PLACED"), reply("reserve_credit#1")),
    "compensating": (order_event("PLACED"), order_event("CANCELLED")),
    "a stub": (order_event("APPROVED"),),
    "cancelled": (order_event("PLACED"), order_event("CANCELLED"), reply("release_credit#1")),
}


@pytest.mark.parametrize("history", HISTORIES)
def test_a_sound_one_is_found_sound(history: str) -> None:
    deployment = Deployment()
    for detail in HISTORIES[history]:
        deployment.deliver(detail)
    saga = deployment.at.store.get("o-1", ORDER.name)
    assert saga is not None

    examined = examine(saga, ORDER, Policy(), deployment.now)

    assert (examined.mended, examined.repairs, examined.by_hand) == (saga, (), ())
