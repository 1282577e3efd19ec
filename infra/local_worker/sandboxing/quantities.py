"""Kubernetes quantities, as `kubectl` parses them (resource.Quantity of apimachinery): `500m`, `.5`, `128Mi`, `1e9`."""

import re
from decimal import Decimal

from local_worker.refusals import MalformedQuantityError

_QUANTITY = re.compile(
    r"\+?(?P<number>[0-9]+\.?[0-9]*|\.[0-9]+)(?P<unit>[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,18})?", re.ASCII
)
_LONGEST = 64
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_WIDEST_EXPONENT = 200
_LARGEST = Decimal(2**63 - 1)
"""As Kubernetes caps it."""


def _value(quantity: str) -> Decimal:
    match = _QUANTITY.fullmatch(quantity) if len(quantity) <= _LONGEST else None
    if match is None:
        msg = f"{quantity!r} is not a Kubernetes quantity"
        raise MalformedQuantityError(msg)
    number, unit = Decimal(match["number"]), match["unit"] or ""
    if unit in _BINARY:
        return min(number * Decimal(2 ** _BINARY[unit]), _LARGEST)
    power = _POWERS[unit] if unit in _POWERS else int(unit[1:])
    return min(number.scaleb(max(-_WIDEST_EXPONENT, min(power, _WIDEST_EXPONENT))), _LARGEST)


def cpu_cores(quantity: str) -> float:
    """Cores, so `500m` is 0.5."""
    return float(_value(quantity))


def memory_bytes(quantity: str) -> int:
    """Whole bytes, rounded down: a limit never grows by rounding."""
    return int(_value(quantity))
