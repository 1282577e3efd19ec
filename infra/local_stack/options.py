"""What a stack on one machine is started with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local_stack.aws import DEFAULT_INTERVAL_SECONDS
from local_stack.stack_event import StackEvent, ignore


@dataclass(frozen=True)
class StackOptions:
    """Ports of 0 are any free ones. `parameters` are the template's; what only this machine knows (broker address,
    interpreter) is filled in unless given."""

    template: Path
    parameters: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Instead of the template's own, where it has such parameters and none is given."""
    aws_port: int = 0
    api_port: int = 0
    """Of the HTTP API, where the template declares one."""
    kafka_port: int = 0
    kafka_bootstrap: str | None = None
    check_interval: float | None = None
    """Seconds between ticks of every schedule, instead of its own rate."""
    log: Callable[[StackEvent], None] = ignore
    log_dir: Path | None = None
    """Where each function's log goes, one file each; without it only the last lines are kept in memory."""
    concurrency: int = 2
    region: str = "us-east-1"
    stack_name: str = "saga-orchestrator"
    async_delay_scale: float = 1 / 60
    ttl_interval: float = DEFAULT_INTERVAL_SECONDS
    issuer: bool = False
    """An issuer on loopback that signs people in; the template's parameters for one name it unless given."""
    schema_registry: bool = False
    """A registry on loopback, to which the template's mappings are pointed unless a parameter says otherwise."""
