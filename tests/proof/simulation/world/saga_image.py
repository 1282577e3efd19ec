"""A stored saga as oracles read it: straight from the item, without the production codec that they check."""

from dataclasses import dataclass
from typing import Any, Final

TERMINAL: Final = frozenset({"completed", "failed", "timeout", "cancelled"})
UNDONE: Final = TERMINAL - {"completed"}
COMMANDS: Final = frozenset({"create_pod", "delete_pod"})
COUNTER: Final = "#counter"
RESERVED: Final = "#"

Image = dict[str, dict[str, Any]]


@dataclass(slots=True, eq=False)
class Broken:
    """One attribute of an item that is not what it should be; None is absent.

    `since`: how many invocations there had been.
    """

    name: str
    sound: dict[str, Any] | None
    bad: dict[str, Any] | None
    since: int = 0

    def on(self, item: Image) -> Image:
        return _with(item, self.name, self.bad)

    def off(self, item: Image) -> Image:
        """Only where it is still broken: a write may have put right what it did not read."""
        return _with(item, self.name, self.sound) if item.get(self.name) == self.bad else item


def _with(item: Image, name: str, value: dict[str, Any] | None) -> Image:
    rest = {key: each for key, each in item.items() if key != name}
    return rest if value is None else {**rest, name: value}


class Entry:
    """One line of the timeline."""

    __slots__ = ("cause", "event_id", "keys")

    def __init__(self, text: str) -> None:
        _at, self.cause, self.event_id, *self.keys = text.split(" ")


class SagaImage:
    """One version of one saga."""

    __slots__ = ("claim", "early", "image", "key", "outbox", "owner", "state", "timeline", "version")

    def __init__(self, image: Image) -> None:
        self.image = image
        self.key = image["execution_id"]["S"]
        self.state: str = image["state"]["S"]
        self.version = int(image["version"]["N"])
        self.owner: str | None = image["owner"]["S"] if "owner" in image else None
        self.claim: str | None = image["claim"]["S"] if "claim" in image else None
        self.outbox: list[str] = image["outbox"]["S"].split() if "outbox" in image else []
        self.timeline = [Entry(line["S"]) for line in image["timeline"]["L"]] if "timeline" in image else []
        self.early: list[Image] = [each["M"] for each in image["early"]["L"]] if "early" in image else []

    @property
    def is_stub(self) -> bool:
        return self.state == "created"

    @property
    def is_terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def keys(self) -> list[str]:
        """Every message ever emitted, in order."""
        return [key for entry in self.timeline for key in entry.keys]

    def number(self, name: str) -> int | None:
        return int(self.image[name]["N"]) if name in self.image else None

    def text(self, name: str) -> str | None:
        return str(self.image[name]["S"]) if name in self.image else None

    def emitted(self, kind: str) -> int:
        return sum(key.startswith(kind + "#") for key in self.keys)

    def causes(self) -> list[str]:
        """Every kind of event that this saga has applied or remembers."""
        return [entry.cause for entry in self.timeline] + [cause for cause, _ in self.remembered()]

    def remembered(self) -> list[tuple[str, Image]]:
        return [(early["e"]["S"].split(" ")[1], early) for early in self.early]
