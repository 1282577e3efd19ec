"""What the function `api` has beside the parts of every function: who may come in, lists, and acts on sagas.

Apart from `bootstrap`, so that no event function pays for importing it.
"""

import functools
from functools import cached_property

from .adapters.api_settings import ApiSettings
from .adapters.operators.act_items import ActTable
from .adapters.operators.acting_sagas import ActingSagas
from .adapters.operators.batch_table import BatchTable
from .adapters.operators.counter_reads import CounterReads
from .adapters.operators.rejected_bytes import RejectedBytes
from .adapters.operators.rejected_items import RejectedItems
from .adapters.operators.runner_call import RunnerCall
from .adapters.operators.saga_lists import SagaLists
from .adapters.operators.slot_table import SlotTable
from .adapters.operators.stack_functions import StackFunctions
from .application.batches.desk import BatchDesk
from .application.limiting.overriding import OverrideLimits
from .application.operate import OperateSagas
from .application.settling.desk import RejectedDesk
from .application.settling.redriving import Redriving
from .application.settling.republish_desk import RepublishDesk
from .application.settling.republishing import Relays
from .batch_bootstrap import BatchResources
from .bootstrap import Resources, resources
from .domain.registry import SagaRegistry


class ApiResources:
    """Made once a process, on first use."""

    def __init__(self, at: Resources, settings: ApiSettings) -> None:
        self.at = at
        self.settings = settings
        self._of_batches = BatchResources(at)

    @cached_property
    def lists(self) -> SagaLists:
        at = self.at
        return SagaLists(at.sdk.dynamodb, at.settings.saga_table, at.settings.deadline_shards, at.pause)

    @property
    def acts(self) -> ActTable:
        return self._of_batches.acts

    @property
    def batches(self) -> BatchTable:
        return self._of_batches.batches

    @cached_property
    def batch_desk(self) -> BatchDesk:
        at, token = self.at, self._of_batches.token
        return BatchDesk(self.batches, self.lists, at.clock, at.sagas.named, token, self._call_runner, at.telemetry)

    @cached_property
    def operate(self) -> OperateSagas:
        at = self.at
        return OperateSagas(ActingSagas(at.store, self.acts), at.clock, at.rules_of, at.telemetry)

    @cached_property
    def rejected_items(self) -> RejectedItems:
        return RejectedItems(self.acts)

    @cached_property
    def redriving(self) -> Redriving:
        """Functions of this stack and objects of its bucket: no other name ever gets in here."""
        at, functions = self.at, StackFunctions(self.at.sdk.functions)
        return Redriving(
            functions,
            RejectedBytes(at.sdk.s3, at.settings.payload_bucket),
            self.settings.functions_for(at.sagas.routes),
            Relays(functions, self.settings.relay_functions),
        )

    @cached_property
    def desk(self) -> RejectedDesk:
        return RejectedDesk(self.rejected_items, lambda: self.redriving, self.at.clock, self.at.telemetry)

    @cached_property
    def republish_desk(self) -> RepublishDesk:
        at = self.at
        return RepublishDesk(ActingSagas(at.store, self.acts), lambda: self.redriving.relays, at.clock, at.telemetry)

    @cached_property
    def slot_table(self) -> SlotTable:
        return SlotTable(self.at.counters, self.acts)

    @cached_property
    def counter_reads(self) -> CounterReads:
        return CounterReads(self.at.counters)

    @cached_property
    def override_limits(self) -> OverrideLimits:
        at = self.at
        return OverrideLimits(self.slot_table, at.clock, at.settings.policy(), at.telemetry)

    def _call_runner(self, identity: str) -> None:
        """Its client is made for the first operation: most processes never meet one."""
        RunnerCall(self.at.sdk.functions, self.settings.operation_runner)(identity)


@functools.cache
def api_resources(sagas: SagaRegistry) -> ApiResources:
    """This process's. Tests call `api_resources.cache_clear()` after changing the environment."""
    return ApiResources(resources(sagas), ApiSettings.from_environment())
