"""Whose a saga is. An owner learns of his own, and of no other one, not even that it is there."""

from saga_orchestrator.domain.saga import Saga

from .acts import Role


def may_see(role: Role, owner: str | None, saga: Saga, now: int) -> bool:
    """`owner` is whose sagas the caller owns: compared exactly, for "Ada" may be somebody else than "ada"."""
    if role is not Role.OWNER:
        return True
    # A stub is nobody's, whatever the event that made it said; and what has expired goes when DynamoDB gets to it.
    if owner is None or saga.is_stub or (saga.expires is not None and saga.expires * 1000 <= now):
        return False
    return saga.owner == owner
