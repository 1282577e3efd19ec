"""Who may ask for somebody's sign-in, and to where he is sent back: to no other address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

CONSOLE: Final = "saga-console"
TERMINAL: Final = "saga-terminal"
TERMINAL_REDIRECT: Final = "http://127.0.0.1/signed-in"
"""Nobody listens there: whoever has no browser reads the code from the answer that would send him there."""


@dataclass
class Clients:
    """By client id: the addresses to which its people return. `origins`: pages that may ask for tokens."""

    redirects: dict[str, frozenset[str]] = field(
        default_factory=lambda: {TERMINAL: frozenset({TERMINAL_REDIRECT}), CONSOLE: frozenset()}
    )
    origins: frozenset[str] = frozenset()

    def serve_console_at(self, front: str) -> None:
        """`front`: the address of the API, on which the console is."""
        self.redirects[CONSOLE] = frozenset({f"{front}/console/"})
        self.origins = frozenset({front})

    def knows(self, asked: Mapping[str, str]) -> bool:
        return asked.get("redirect_uri", "") in self.redirects.get(asked.get("client_id", ""), frozenset())
