"""Executions that ended badly, at moments that a test chooses."""

from dataclasses import replace

from saga_testing.deployment import Deployment
from saga_testing.samples.sample_events import event
from tests.handlers.http_api.parked_sagas import store


def failed(stack: Deployment, *moments: int) -> None:
    """Executions that ended badly then, `e-0` at the first moment."""
    for name in ("REQUESTED", "STARTED", "FAILED"):
        stack.deliver(event(f"EXECUTION_{name}", "template"))
    template = stack.saga("template")
    assert template is not None
    key = {"execution_id": {"S": "template"}, "saga_name": {"S": "execution_saga"}}
    stack.aws.dynamodb.delete_item(TableName="sagas", Key=key)
    store(stack, *(replace(template, execution_id=f"e-{n}", ended_at=at) for n, at in enumerate(moments)))
