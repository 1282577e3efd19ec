"""Times as people type them."""

import re
from datetime import datetime, timedelta

from sagactl.errors import NotUsableError

_AGO = re.compile(r"(?P<number>\d+)(?P<unit>[smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_since(text: str, now: datetime, option: str = "--since") -> int:
    """Epoch milliseconds."""
    if match := _AGO.fullmatch(text):
        try:
            instant = now - timedelta(**{_UNITS[match["unit"]]: int(match["number"])})
        except OverflowError:
            return 0  # before there were computers, let alone sagas
    else:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError as error:
            raise NotUsableError(
                f"{option} {text}: neither a time such as 2026-05-01T12:00:00Z nor 15m, 2h, 1d"
            ) from error
        if instant.tzinfo is None:
            raise NotUsableError(f"{option} {text} has no offset: add Z or such as +02:00")
    return int(instant.timestamp() * 1000)
