"""Who may say what about a saga: a step's event names its senders, and an admin or an operator may always cancel."""

from saga_orchestrator.domain.decide import Rules
from saga_orchestrator.domain.endings import authorise
from saga_orchestrator.domain.saga import EarlyEvent

from .signals import StepReported
from .terms import Outcome, Who


def may_cancel(actor: str | None, owner: str | None, rules: Rules) -> bool:
    return authorise(actor, owner, rules.policy)


def outcome_named(event_type: str, rules: Rules) -> tuple[str, Outcome] | None:
    """The step that the event is about, and what it means for it."""
    for step in rules.definition.steps:
        for outcome in step.awaits:
            if outcome.event_type == event_type:
                return step.key, outcome
    return None


def may_report(signal: StepReported | EarlyEvent, owner: str | None, rules: Rules) -> bool:
    found = outcome_named(signal.event_type or "", rules)
    if found is None:
        return False
    by_operator = isinstance(signal, StepReported) and signal.by_operator
    return any(_is(who, signal.actor, owner, rules, by_operator=by_operator) for who in found[1].by)


def _is(who: Who, actor: str | None, owner: str | None, rules: Rules, *, by_operator: bool) -> bool:
    match who:
        case Who.ANYONE:
            return True
        case Who.OWNER:
            return actor is not None and actor == owner
        case Who.NOT_OWNER:
            return actor is not None and actor != owner
        case Who.ADMIN:
            return actor is not None and actor in rules.policy.admin_users
        case Who.OPERATOR:
            return by_operator
