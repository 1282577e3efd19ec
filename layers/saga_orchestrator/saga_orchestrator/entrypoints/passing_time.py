"""What is due of one saga: done by the checker, which looks for it, and by a wake, which comes in time."""

from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.decide import Decision


def let_time_pass(at: Resources, execution_id: str, saga_name: str) -> Decision | None:
    """Do what is due by now, judged on the saga as it is stored. None: this deployment has no such definition.

    Raises:
        RejectedEvent: the saga can be moved by nobody.
        RetryableError: it cannot be moved now.
    """
    rules = at.rules_of(saga_name)
    if rules is None:
        return None
    decision = at.writer.time_out(execution_id, saga_name, rules)
    if decision.changed and decision.saga is not None:
        if rules.definition.starts is None and is_over(decision) and not decision.saga.has_started:
            at.telemetry.count("SagasNeverStarted")  # what a dead worker looks like from here
        at.telemetry.info(
            "deadline passed",
            saga_id=decision.saga.saga_id,
            execution_id=execution_id,
            correlation_id=decision.saga.correlation_id,
            reason=decision.saga.reason,
        )
    return decision


def is_over(decision: Decision) -> bool:
    """It ends in this write, or begins to be taken back in it: how it ends is fixed then."""
    return any(key.startswith("saga_") for key in decision.messages)
