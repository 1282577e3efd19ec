"""X-Ray, when the deployment asks for it: nobody else pays for importing the tracing SDK."""


def trace_sdk_calls() -> None:
    """Report every AWS call as a subsegment of the invocation's trace: operations and times, no payloads."""
    from aws_lambda_powertools import Tracer  # noqa: PLC0415 - imports the X-Ray SDK, half a second of cold start

    Tracer(patch_modules=("botocore",))
