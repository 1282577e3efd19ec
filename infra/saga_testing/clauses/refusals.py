"""Why a contract is not played at all."""


class CannotPlay(Exception):
    """The options or what they lead to: nothing was sent yet. The message is one line that says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class StackFound(CannotPlay):
    """An orchestrator listens here: played commands would be executed, and played events would move its sagas."""

    def __init__(self, where: str, sign: str) -> None:
        super().__init__(f"{where} belongs to a stack: {sign}. Give the worker a bus or topics of its own")
