"""What the function `api` has beside the parts of every function: who may come in, lists, and acts on sagas.

Apart from `bootstrap`, so that no event function pays for importing it.
"""

import functools
from functools import cached_property

from .adapters.api_settings import ApiSettings
from .adapters.operators.act_items import ActTable
from .adapters.operators.acting_sagas import ActingSagas
from .adapters.operators.rejected_bytes import RejectedBytes
from .adapters.operators.rejected_items import RejectedItems
from .adapters.operators.saga_lists import SagaLists
from .adapters.operators.slot_table import SlotTable
from .adapters.operators.stack_functions import StackFunctions
from .adapters.patient_writes import PatientWrites
from .application.limiting.overriding import OverrideLimits
from .application.operate import OperateSagas
from .application.settling.desk import RejectedDesk
from .application.settling.redriving import Redriving
from .application.settling.republishing import Relays
from .bootstrap import Resources, resources
from .domain.registry import SagaRegistry


class ApiResources:
    """Made once a process, on first use."""

    def __init__(self, at: Resources, settings: ApiSettings) -> None:
        self.at = at
        self.settings = settings

    @cached_property
    def lists(self) -> SagaLists:
        at = self.at
        return SagaLists(at.sdk.dynamodb, at.settings.saga_table, at.settings.deadline_shards, at.pause)

    @cached_property
    def acts(self) -> ActTable:
        at = self.at
        return ActTable(at.sdk.dynamodb, at.settings.operator_table, PatientWrites(at.sdk.dynamodb, at.rng, at.pause))

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
    def slot_table(self) -> SlotTable:
        return SlotTable(self.at.counters, self.acts)

    @cached_property
    def override_limits(self) -> OverrideLimits:
        at = self.at
        return OverrideLimits(self.slot_table, at.clock, at.settings.policy(), at.telemetry)


@functools.cache
def api_resources(sagas: SagaRegistry) -> ApiResources:
    """This process's. Tests call `api_resources.cache_clear()` after changing the environment."""
    return ApiResources(resources(sagas), ApiSettings.from_environment())
