"""Between the handlers and AWS: counts the calls, and makes the planned ones go wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

from saga_testing.faults import Fault, inflict

SERVICES: Final = ("dynamodb", "s3", "sqs", "events", "functions")


@dataclass
class Wire:
    """`plan`: which call, counted from 0, meets which fault. The hooks run around every call."""

    plan: dict[int, Fault] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before_call: Callable[[str], None] = lambda _operation: None
    after_call: Callable[[], None] = lambda: None

    def sdk(self, aws: Any) -> Any:
        """Stands where the engine's `Sdk` stands: clients by name."""
        return SimpleNamespace(**{service: self.client(getattr(aws, service)) for service in SERVICES})

    def client(self, target: Any) -> Any:
        return _Client(self, target)

    def invoke(self, operation: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        self.before_call(operation)
        fault = self.plan.get(len(self.calls))
        self.calls.append(operation)
        try:
            return inflict(fault, operation, call, arguments) if fault else call(**arguments)
        finally:
            self.after_call()


class _Client:
    """Stands where the botocore client stands."""

    def __init__(self, wire: Wire, target: Any) -> None:
        self._wire = wire
        self._target = target

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._target, operation)

        def invoke(**arguments: Any) -> Any:
            return self._wire.invoke(operation, call, arguments)

        return invoke
