"""The runner of operations: called when one is started, and by a schedule that finds those which nobody runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from saga_orchestrator.batch_bootstrap import BatchResources, batch_resources
from saga_orchestrator.domain.operating.batches import names_a_batch
from saga_orchestrator.domain.registry import SagaRegistry

MARGIN_MS: Final = 60_000
"""What one saga may take at worst, while its store does not answer."""
LOOKED_BACK_MS: Final = 7 * 86_400_000
"""One that was prepared longer ago and still runs is left alone, and shown: somebody has seen it by then."""


def handle(event: Any, context: Any, sagas: SagaRegistry) -> dict[str, Any]:
    return RunOperations(batch_resources(sagas)).run(event, context)


@dataclass(frozen=True, slots=True)
class RunOperations:
    batches: BatchResources

    def run(self, event: Any, context: Any) -> dict[str, Any]:
        """Run the one that is named, or whatever nobody runs; the next tick goes on from there.

        Raises:
            RetryableError: a store did not answer. All is as it was, and goes on from there.
        """
        at = self.batches.at

        def time_left() -> bool:
            return int(context.get_remaining_time_in_millis()) > MARGIN_MS

        named = event.get("operation") if isinstance(event, Mapping) else None
        try:
            if isinstance(named, str) and names_a_batch(named):
                return {"ran": self.batches.runner.run(named, time_left)}
            since = max(0, at.clock() - LOOKED_BACK_MS)
            running = list(self.batches.batches.running(since))
            still = self.batches.runner.revive(running, time_left)
            at.telemetry.gauge("OperationsStillSeconds", still // 1000)
            return {"running": len(running)}
        finally:
            at.telemetry.flush()
