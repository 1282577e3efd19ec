"""A deed past every door but the tables' own: judged and written as the functions would, with its act."""

from saga_orchestrator.adapters.operators.acting_sagas import ActingSagas
from saga_orchestrator.application.operate import Answer, Asked, OperateSagas
from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.registry import SagaRegistry
from sagactl.acting.break_glass import ring
from sagactl.acting.quiet import Quiet
from sagactl.acting.records import act_table, now_ms
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS, NotDoneError
from sagactl.options import explain
from sagactl.table.policy import policy_of
from sagactl.table.store import store_of


def perform(stack: Deployment, sagas: SagaRegistry, asked: Asked) -> Answer:
    """Ring the alarm, then do it."""
    ring(stack)
    try:
        return _operating(stack, sagas).perform(asked)
    except RetryableError as unsettled:
        cause = unsettled.__cause__
        said = explain(cause) if isinstance(cause, REFUSALS) else str(unsettled)
        raise NotDoneError(
            f"{said}; the same again with --key {asked.hand.key} is safe, and does what is left"
        ) from unsettled


def _operating(stack: Deployment, sagas: SagaRegistry) -> OperateSagas:
    policy = policy_of(stack)

    def rules_of(saga_name: str) -> Rules | None:
        definition = sagas.named(saga_name)
        return Rules(definition, policy, sagas.definition_of) if definition is not None else None

    return OperateSagas(ActingSagas(store_of(stack, policy), act_table(stack)), now_ms, rules_of, Quiet())
