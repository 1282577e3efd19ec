"""Kubernetes quantities, as far as requests use them: `500m`, `2`, `0.5`, `128Mi`, `1G`."""

import re
from decimal import Decimal

from local_worker.refusals import MalformedQuantityError

_QUANTITY = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>m|[kK]i?|Mi?|Gi?|Ti?)?", re.ASCII)
_FACTORS = {
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "K": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "ki": Decimal(2**10),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}


def _value(quantity: str) -> Decimal:
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        msg = f"{quantity!r} is not a Kubernetes quantity"
        raise MalformedQuantityError(msg)
    return Decimal(match["number"]) * _FACTORS.get(match["unit"] or "", Decimal(1))


def cpu_cores(quantity: str) -> float:
    """Cores, so `500m` is 0.5."""
    return float(_value(quantity))


def memory_bytes(quantity: str) -> int:
    """Whole bytes, rounded down: a limit never grows by rounding."""
    return int(_value(quantity))
