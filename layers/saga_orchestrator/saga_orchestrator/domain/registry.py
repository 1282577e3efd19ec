"""The sagas that this deployment runs: every `EXECUTION_*` event is offered to each of them."""

from .definition import SagaDefinition
from .execution_saga import EXECUTION_SAGA

SAGAS: tuple[SagaDefinition, ...] = (EXECUTION_SAGA,)


def definition_named(saga_name: str) -> SagaDefinition | None:
    return next((definition for definition in SAGAS if definition.name == saga_name), None)
