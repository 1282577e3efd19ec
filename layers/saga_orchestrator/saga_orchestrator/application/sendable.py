"""Which messages a stream record still owes, and which of them may be sent again later."""

from saga_orchestrator.domain.definition import MessageSpec, SagaDefinition
from saga_orchestrator.domain.flow.telling import may_send_again
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState


def newly_emitted(old_outbox: str | None, new_outbox: str | None) -> tuple[str, ...]:
    """Keys in the new image that the old one does not have, in order."""
    known = set((old_outbox or "").split())
    return tuple(key for key in (new_outbox or "").split() if key not in known)


def republishable(saga: Saga, definition: SagaDefinition) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(to send, to skip) of all messages ever emitted: what begins work goes out only while the saga waits for it."""
    keys = tuple(key for entry in saga.timeline for key in entry.messages)
    skipped = tuple(key for key in keys if not _may_go_again(saga, key, definition))
    return tuple(key for key in keys if key not in skipped), skipped


def _may_go_again(saga: Saga, key: str, definition: SagaDefinition) -> bool:
    if definition.starts is not None:
        return may_send_again(saga, key, definition)
    spec = definition.messages.get(key.partition("#")[0])
    begins = isinstance(spec, MessageSpec) and spec.only_before_start
    return not begins or (saga.state is SagaState.RUNNING and not saga.has_started)


def commands_among(keys: tuple[str, ...], definition: SagaDefinition) -> tuple[str, ...]:
    """Those that `PublishCommands` switches off: executions' alone. Of a kind that this code does not know nobody can
    say."""
    if definition.starts is not None:
        return ()
    return tuple(key for key in keys if _is_command(definition.messages.get(key.partition("#")[0])))


def _is_command(spec: object) -> bool:
    return isinstance(spec, MessageSpec) and spec.is_command
