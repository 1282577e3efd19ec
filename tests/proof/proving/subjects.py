"""The sagas that are proved: the execution's, the order's, and others of other shapes."""

from typing import Final

from saga_testing.proving import Subject, other_settings
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.proof.proving.definitions import ERRAND, GATES, PAIR, SEAT, TRIP, VISIT


def order(amount: int) -> Subject:
    content = {"customer": "c-1", "amount": amount, "items": [{"sku": "a", "quantity": 1}]}
    return Subject(ORDER, content, settings=other_settings(ORDER))


def trip(days: int) -> Subject:
    return Subject(TRIP, {"traveller": "t-1", "days": days}, settings=other_settings(TRIP))


SUBJECTS: Final[dict[str, Subject]] = {
    "execution": Subject(EXECUTION_SAGA),
    "refused execution": Subject(EXECUTION_SAGA, {"timeout_seconds": 301}),
    "order": order(100),
    "dear order": order(1001),
    "trip": trip(3),
    "long trip": trip(9),
    "impossible trip": trip(31),
    "pair": Subject(PAIR),
    "seat": Subject(SEAT),
    "errand": Subject(ERRAND, {"by_car": False}),
    "errand by car": Subject(ERRAND, {"by_car": True}),
    "visit": Subject(VISIT),
    "gates": Subject(GATES),
}
