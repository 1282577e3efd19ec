"""The sagas that this deployment runs: one module each, and one line each in `SAGAS`."""

from typing import Final

from saga_orchestrator.domain.registry import SagaRegistry

from .execution import EXECUTION_SAGA
from .order import ORDER

SAGAS: Final = SagaRegistry((EXECUTION_SAGA, ORDER))
