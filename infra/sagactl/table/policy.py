"""The settings by which a stack's sagas are judged, as it was deployed: from its outputs."""

from saga_orchestrator.domain.policy import Policy
from sagactl.deployment import Deployment


def policy_of(stack: Deployment) -> Policy:
    """What repairs and operators' verbs depend on. A saga keeps by itself whatever else it began with."""
    return Policy(
        start_deadline_seconds=int(stack.output("StartDeadlineSeconds")),
        run_grace_seconds=int(stack.output("RunGraceSeconds")),
        request_max_age_seconds=int(stack.output("RequestMaxAgeSeconds")),
        retention_seconds=int(stack.output("RetentionDays")) * 86_400,
        deadline_shards=int(stack.output("DeadlineShards")),
    )
