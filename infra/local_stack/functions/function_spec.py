"""What the stack needs to know of a function and of its asynchronous invocation, read from the template."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAX_ASYNC_ATTEMPTS_DEFAULT = 2
MAX_ASYNC_AGE_DEFAULT = 21_600


@dataclass(frozen=True)
class AsyncConfig:
    """AWS::Lambda::EventInvokeConfig. Defaults: two retries, six hours (Developer Guide, Error handling for
    asynchronous invocation)."""

    max_retries: int = MAX_ASYNC_ATTEMPTS_DEFAULT
    max_age_seconds: int = MAX_ASYNC_AGE_DEFAULT
    on_failure: str | None = None
    """ARN of the destination."""


@dataclass(frozen=True)
class FunctionSpec:
    name: str
    logical_id: str
    arn: str
    handler: str
    code_dir: Path
    layer_dirs: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: int = 3
    memory_mb: int = 128
    reserved_concurrency: int | None = None
    log_format: str = "Text"
    asynchronous: AsyncConfig = AsyncConfig()

    @property
    def access_key(self) -> str:
        """A key id of its own, as each function has a role of its own on AWS: the endpoint reads from it who calls."""
        return f"LOCAL{self.name}"
