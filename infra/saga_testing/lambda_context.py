"""What Lambda tells a handler about its invocation."""

from collections.abc import Callable


class Context:
    """`remaining_ms`: the time that is left, fixed or asked each time."""

    aws_request_id = "request-1"

    def __init__(self, remaining_ms: int | Callable[[], int] = 30_000) -> None:
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining_ms() if callable(self._remaining_ms) else self._remaining_ms
