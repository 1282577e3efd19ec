"""What functions and doors answer to somebody who asks for nothing."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, HTTPClientError
from botocore.httpsession import URLLib3Session

from saga_orchestrator.adapters.aws_errors import code_of
from saga_orchestrator.application.settling.republishing import FunctionFailedError
from sagactl.deployment import Deployment
from sagactl.invoking import call_function
from sagactl.verifying.findings import Finding, fine, looked, not_looked, wrong
from sagactl.verifying.parts import FUNCTION, Resources

_NO_RECORDS: Final[Mapping[str, Any]] = {"Records": []}
_NO_KAFKA: Final = {"eventSource": "aws:kafka", "bootstrapServers": "", "records": {}}
_EMPTY: Final[Mapping[str, Mapping[str, Any]]] = {
    "TimeoutCheckerFunction": {},
    "CommandRelayFunction": _NO_RECORDS,
    "KafkaRelayFunction": _NO_RECORDS,
    "SagaWakeFunction": _NO_RECORDS,
    "SagaEventFunction": _NO_KAFKA,
    "CommandReplyFunction": _NO_KAFKA,
    "ApiFunction": {},
    "ConsoleFunction": {},
    "OperationRunnerFunction": {},
}
"""What makes a function start, read its settings and do nothing; those with a schedule do what they do every minute."""
_SILENT: Final = frozenset({401, 403})
_NO_SUCH_DOOR: Final = 404


def functions(stack: Deployment, resources: Resources) -> Iterator[Finding]:
    for logical_id, name in sorted(resources.get(FUNCTION, {}).items()):
        what = f"function {logical_id.removesuffix('Function')}"
        payload = payload_of(logical_id)
        if payload is None:
            yield not_looked(what, "is not known to this sagactl", "use the sagactl of the release that is deployed")
            continue
        yield from looked(what, partial(_answered, stack, what, name, payload))


def payload_of(logical_id: str) -> Mapping[str, Any] | None:
    """None of a function that this release does not have."""
    return _EMPTY.get(logical_id, _NO_KAFKA if logical_id.startswith("Execution") else None)


def _answered(stack: Deployment, what: str, name: str, payload: Mapping[str, Any]) -> Iterator[Finding]:
    yield _judged(stack, what, name, payload)


def _judged(stack: Deployment, what: str, name: str, payload: Mapping[str, Any]) -> Finding:
    try:
        body = call_function(stack, name, payload).body
    except FunctionFailedError as failed:
        return wrong(what, str(failed), "read its log: a setting that is wrong is named there; else roll back")
    except ClientError as error:
        if code_of(error) in {"ResourceNotFoundException", "TooManyRequestsException"}:
            return wrong(what, str(error), "deploy again, or give it concurrency")
        raise
    failures = body.get("batchItemFailures") if isinstance(body, dict) else None
    if failures:
        return wrong(what, f"reports {len(failures)} failures of an empty batch", "read its log; else roll back")
    return fine(what, "answers an empty batch")


def doors(stack: Deployment) -> Iterator[Finding]:
    """Whoever brings neither token nor signature is told so, and nothing else."""
    url = stack.outputs.get("ApiUrl")
    if url is None:
        return
    for path, refusals in (("/iam/v1/me", _SILENT), ("/v1/me", frozenset({401, _NO_SUCH_DOOR}))):
        what = f"API without a token, {path.partition('/me')[0]}"
        try:
            status = (
                URLLib3Session(timeout=15).send(AWSRequest("GET", f"{url.rstrip('/')}{path}").prepare()).status_code
            )
        except HTTPClientError as lost:
            yield wrong(what, f"does not answer: {lost}", "see ApiFaultsAlarm in docs/operations.md")
            continue
        if status not in refusals:
            yield wrong(
                what, f"is answered with {status}", "close it: set Api=none, and compare its routes with the template"
            )
        elif status != _NO_SUCH_DOOR:
            yield fine(what, f"is refused with {status}")
