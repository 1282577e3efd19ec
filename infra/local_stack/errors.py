"""Reasons why the stack cannot start or go on. Each message is one line that a person can act on."""


class LocalStackError(Exception):
    """The stack cannot do what was asked; the message says why in one line."""


class PortTakenError(LocalStackError):
    """Another program listens where the stack was told to listen."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(f"port {port} on 127.0.0.1 cannot be used: {reason}")


class UnsupportedResource(LocalStackError):
    """The template asks for something that the stack would have to pretend to provide."""

    def __init__(
        self, resource_type: str, logical_id: str, why: str = "the local stack does not provision this type"
    ) -> None:
        super().__init__(f"{resource_type} ({logical_id}): {why}")


class KafkaUnavailableError(LocalStackError):
    """The broker did not answer, or a poller did not get its partitions in time."""


class StackClosedError(LocalStackError):
    """The stack is shutting down; whatever asked for this has nobody left to answer to."""


class BrokenTemplate(Exception):
    """The template, or the parameters given with it, cannot become a stack: one line for whoever asked for it."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
