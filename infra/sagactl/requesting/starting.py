"""The start of a saga with events of its own, made whole and judged by the functions' own decoder."""

from collections.abc import Mapping
from typing import Any

from saga_orchestrator.domain.defining.input_rules import input_explanation
from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.flow.signals import SagaOpened
from saga_orchestrator.domain.registry import Role, Route
from saga_orchestrator.entrypoints.saga_decoding import decode_saga_event, key_field
from sagactl.errors import NotUsableError
from sagas import SAGAS


def start_named(event_type: Any) -> Route | None:
    """To the saga that an event of this type starts; None for a type that none names.

    Raises:
        NotUsableError: it is about a saga that has begun.
    """
    route = SAGAS.routes.get(event_type.upper()) if isinstance(event_type, str) else None
    if route is not None and route.role is not Role.STARTS:
        raise NotUsableError(f"{event_type} starts no saga: put it on the bus or the topic as its sender would")
    return route


def checked_start(event: Mapping[str, Any], route: Route) -> str:
    """The saga's key.

    Raises:
        NotUsableError: the functions would reject the event, or end its saga as an invalid request.
    """
    try:
        signal = decode_saga_event(dict(event), route, by_operator=False)
    except RejectedEvent as error:
        raise NotUsableError(f"nothing was sent: {error.detail}") from error
    if isinstance(signal, SagaOpened) and signal.faults:
        raise NotUsableError(f"nothing was sent: {input_explanation(signal.faults)}")
    return str(event[key_field(route)])
