"""The rules of single fields that are more than a pattern: times, Kubernetes quantities, image references."""

import functools
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

_DAY: Final = (
    r"(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
_HOUR_AND_MINUTE: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
TIMESTAMP: Final = rf"^{_DAY}[Tt]{_HOUR_AND_MINUTE}:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|[+-]{_HOUR_AND_MINUTE})$"
"""RFC 3339, section 5.6, with the days that the calendar has. A leap second may stand at any minute: which ones there
were is not in the grammar."""

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, as the clock that it is taken from
_UTC_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_DIGITS: Final = re.compile("[0-9]*")
_CYCLE_YEARS: Final = 400
_CYCLE_SECONDS: Final = 146_097 * 86_400
_FIRST_CYCLE: Final = 5


def epoch_ms(timestamp: str) -> int:
    """Milliseconds since 1970 of a text that matches TIMESTAMP; a leap second is the second after it.

    Counted in the calendar's cycle of 400 years, because Python knows no year 0000 and no 10000.
    """
    try:
        # Most senders write what Python reads; it cuts off what is finer than a microsecond, as is done below.
        return (datetime.fromisoformat(timestamp) - _UTC_EPOCH) // _MILLISECOND
    except (ValueError, TypeError, OverflowError):
        return _counted_ms(timestamp)


def _counted_ms(timestamp: str) -> int:
    year, rest = int(timestamp[:4]), timestamp[5:19]
    cycle, offset = divmod(year, _CYCLE_YEARS)
    leap = rest.endswith("60")
    clock = f"{2000 + offset}-{rest[:-2]}{59 if leap else rest[-2:]}".upper()
    seconds = (datetime.fromisoformat(clock) - _EPOCH) // _SECOND + leap
    seconds += (cycle - _FIRST_CYCLE) * _CYCLE_SECONDS - _offset_seconds(timestamp)
    fraction = timestamp[20:23] if timestamp[19] == "." else ""
    return seconds * 1000 + int((_DIGITS.match(fraction) or [""])[0].ljust(3, "0"))


def _offset_seconds(timestamp: str) -> int:
    if timestamp[-1] in "Zz":
        return 0
    sign, hours, minutes = timestamp[-6], int(timestamp[-5:-3]), int(timestamp[-2:])
    return (hours * 60 + minutes) * (-60 if sign == "-" else 60)


_NUMBER: Final = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_SUFFIX: Final = r"(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,18})?"
QUANTITY: Final = rf"^\+?(?![0.]*(?:[^0-9.]|$)){_NUMBER}{_SUFFIX}$"
"""What `kubectl` parses (apimachinery, resource.Quantity), above zero."""
MAX_QUANTITY_LENGTH: Final = 64
_QUANTITY_PARTS: Final = re.compile(rf"\+?({_NUMBER})({_SUFFIX})")
_LARGEST: Final = Decimal(2**63 - 1)
_POWERS: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_WIDEST_EXPONENT: Final = 200


@functools.lru_cache(maxsize=512)
def amount(quantity: str) -> Decimal:
    """The value of a text that matches QUANTITY, at most 2^63-1, as Kubernetes caps it.

    Kept for some: a request asks six times for four of them, and requests are alike.
    """
    parts = _QUANTITY_PARTS.fullmatch(quantity)
    if parts is None:
        msg = "not a Kubernetes quantity"
        raise ValueError(msg)
    number, suffix = Decimal(parts[1]), parts[2]
    if suffix in _BINARY:
        return min(number * Decimal(2 ** _BINARY[suffix]), _LARGEST)
    power = _POWERS[suffix] if suffix in _POWERS else int(suffix[1:])
    return min(number.scaleb(max(-_WIDEST_EXPONENT, min(power, _WIDEST_EXPONENT))), _LARGEST)


_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST: Final = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST: Final = r"(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})"
IMAGE: Final = (
    rf"^(?=[^@]{{1,255}}(?::{_TAG})?(?:@|$))"
    rf"(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*(?::{_TAG})?(?:@{_DIGEST})?$"
)
"""A registry's reference (distribution/reference): [host[:port]/]path[:tag][@digest], its name at most 255 long."""
MAX_IMAGE_LENGTH: Final = 512


class Matches:
    """A rule whose pattern needs look-ahead, which pydantic's own engine lacks."""

    def __init__(self, pattern: str) -> None:
        self._fullmatch = re.compile(pattern.removeprefix("^").removesuffix("$") + r"\Z").match

    def __call__(self, text: str) -> str:
        if self._fullmatch(text) is None:
            msg = "does not have its form"
            raise ValueError(msg)
        return text


def whole(value: Any) -> Any:
    """JSON Schema's integer: `60.0` and `6e1` are whole numbers as `60` is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
