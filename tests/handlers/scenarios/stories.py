"""How the orders of these stories begin."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from saga_testing.scenario import Scenario, done
from sagas.order import ORDER

ITEMS: Final = [{"sku": "a", "quantity": 1}]
Begun = Callable[..., Scenario]


def order(*, answers_lost: bool = False, amount: int = 100, **options: Any) -> Scenario:
    """Placed; credit is asked for."""
    s = Scenario(ORDER, key="o-1", answers_lost=answers_lost, **options)
    s.starts(customer="c-1", amount=amount, items=ITEMS)
    s.expects("RESERVE_CREDIT_COMMAND", amount=amount, attempt=1)
    return s


def reserved(*, answers_lost: bool = False, amount: int = 100, **options: Any) -> Scenario:
    """Credit and stock are reserved; whatever comes next is asked for."""
    s = order(answers_lost=answers_lost, amount=amount, **options)
    s.replies(done)
    s.expects("RESERVE_STOCK_COMMAND")
    s.replies(done)
    return s


each_way: Final = pytest.mark.parametrize("lost", [False, True], ids=["calm", "every write answered with an error"])
