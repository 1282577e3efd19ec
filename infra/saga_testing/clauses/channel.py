"""The way to the other side and back, whatever it is made of; and what has been heard, by whom it is about."""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

Json = dict[str, Any]


class Channel(Protocol):
    """`send` returns once the message is accepted; what comes back is put into the inbox."""

    inbox: "Inbox"

    def send(self, message: Json) -> None: ...

    def close(self) -> None: ...


class Inbox:
    """Everything that was heard, in order, by the execution or operation that it is about."""

    def __init__(self) -> None:
        self._heard: dict[str, list[Json]] = {}
        self._news = threading.Condition(threading.RLock())
        self.count = 0

    def add(self, body: Any) -> None:
        """Take what arrived; what is about nobody is counted all the same."""
        with self._news:
            self.count += 1
            self._heard.setdefault(subject_of(body), []).append(body if isinstance(body, dict) else {"body": body})
            self._news.notify_all()

    def of(self, subject: str) -> list[Json]:
        with self._news:
            return list(self._heard.get(subject, ()))

    def wait(self, subject: str, until: Callable[[list[Json]], bool], seconds: float) -> bool:
        """Whether `until` became true of what was heard about the subject."""
        end = time.monotonic() + seconds
        with self._news:
            while not until(self._heard.get(subject, [])):
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._news.wait(left)
        return True


def subject_of(body: Any) -> str:
    """The execution that an event names, or the saga whose message a reply answers."""
    if not isinstance(body, dict):
        return ""
    address = body.get("in_reply_to")
    if isinstance(address, str):
        return address.split(":")[1] if address.count(":") >= 2 else ""
    name = body.get("execution_id")
    return name if isinstance(name, str) else ""
