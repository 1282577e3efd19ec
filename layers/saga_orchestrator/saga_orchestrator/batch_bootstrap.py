"""What the runner of operations has beside the parts of every function; the function `api` prepares them with it.

Apart from `bootstrap`, so that no event function pays for importing it.
"""

import functools
from functools import cached_property

from .adapters.operators.act_items import ActTable
from .adapters.operators.batch_acting import BatchActing
from .adapters.operators.batch_table import BatchTable
from .adapters.patient_writes import PatientWrites
from .application.batches.running import BatchRunner
from .application.operate import ActingStore
from .bootstrap import Resources, resources
from .domain.operating.batches import Batch
from .domain.registry import SagaRegistry


class BatchResources:
    """Made once a process, on first use."""

    def __init__(self, at: Resources) -> None:
        self.at = at

    @cached_property
    def acts(self) -> ActTable:
        at = self.at
        return ActTable(at.sdk.dynamodb, at.settings.operator_table, PatientWrites(at.sdk.dynamodb, at.rng, at.pause))

    @cached_property
    def batches(self) -> BatchTable:
        return BatchTable(self.at.sdk.dynamodb, self.at.settings.operator_table, self.acts.writes, self.acts)

    @cached_property
    def runner(self) -> BatchRunner:
        at = self.at
        return BatchRunner(self.batches, self._acting, at.clock, at.pause, self.token, at.rules_of, at.telemetry)

    def token(self) -> str:
        """Unlike any other one: of a run, or of an attempt to freeze a set."""
        return f"{self.at.rng.getrandbits(64):016x}"

    def _acting(self, batch: Batch, position: int) -> ActingStore:
        return BatchActing(self.at.store, self.batches, batch, position)


@functools.cache
def batch_resources(sagas: SagaRegistry) -> BatchResources:
    """This process's. Tests call `batch_resources.cache_clear()` after changing the environment."""
    return BatchResources(resources(sagas))
