"""What the console is told of whoever signs people in: public by nature, and checked before it enters a header."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

_ADDRESS: Final = re.compile(r"(?P<origin>https?://[A-Za-z0-9.-]+(?::\d{1,5})?)(?:[/?][!-~]*)?", re.ASCII)


class InvalidConsole(Exception):
    """Names the variable that is wrong, and not its value."""


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """All empty: nobody can sign in, and the console says so."""

    authorize_url: str = ""
    token_url: str = ""
    client_id: str = ""
    scopes: str = "openid"

    @property
    def token_origin(self) -> str:
        found = _ADDRESS.fullmatch(self.token_url)
        return found["origin"] if found else ""

    def for_the_browser(self) -> bytes:
        told = {
            "authorize_url": self.authorize_url,
            "token_url": self.token_url,
            "client_id": self.client_id,
            "scopes": self.scopes,
        }
        return json.dumps(told, indent=1).encode()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """
        Raises:
            InvalidConsole: an address is none.
        """
        told = {name: environment.get(f"CONSOLE_{name.upper()}", "").strip() for name in cls.__slots__}
        for name in ("authorize_url", "token_url"):
            if told[name] and not _ADDRESS.fullmatch(told[name]):
                msg = f"CONSOLE_{name.upper()} must be an address such as https://login.example/oauth2/token"
                raise InvalidConsole(msg)
        return cls(**{name: value for name, value in told.items() if value})
