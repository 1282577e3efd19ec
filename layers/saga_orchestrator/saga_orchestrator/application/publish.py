"""Which messages a stream record still owes, and which of them may be sent again later."""

from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState


def newly_emitted(old_outbox: str | None, new_outbox: str | None) -> tuple[str, ...]:
    """Keys in the new image that the old one does not have, in order."""
    known = set((old_outbox or "").split())
    return tuple(key for key in (new_outbox or "").split() if key not in known)


def republishable(saga: Saga, definition: SagaDefinition) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(to send, to skip) of all messages ever emitted: what begins work goes out only while the saga waits for it."""
    keys = tuple(key for entry in saga.timeline for key in entry.messages)
    waits = saga.state is SagaState.RUNNING and not saga.has_started
    begins = {kind for kind, spec in definition.messages.items() if spec.only_before_start}
    skipped = () if waits else tuple(key for key in keys if key.partition("#")[0] in begins)
    return tuple(key for key in keys if key not in skipped), skipped


def commands_among(keys: tuple[str, ...], definition: SagaDefinition) -> tuple[str, ...]:
    """Those that `PublishCommands` switches off. Of a kind that this code does not know nobody can say."""
    commands = {kind for kind, spec in definition.messages.items() if spec.is_command}
    return tuple(key for key in keys if key.partition("#")[0] in commands)
