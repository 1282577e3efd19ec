"""Users' data that must never reach a log line, an exception or the saga item."""


class Secret:
    """Bytes whose text form is always `***`; `reveal` is the one way in, so it can be searched for."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def reveal(self) -> bytes:
        return self._content

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        msg = "a secret is never serialised"
        raise TypeError(msg)
