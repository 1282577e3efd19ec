"""What the timeout checker has beside the parts of every function: the gauges.

Apart from `bootstrap`, so that no event function pays for importing it.
"""

from .adapters.operators.crowd_reads import CrowdReads
from .application.gauges import Gauges
from .bootstrap import Resources


def gauges_of(at: Resources) -> Gauges:
    settings = at.settings
    reads = CrowdReads(
        at.sdk.dynamodb, settings.saga_table, settings.operator_table, settings.deadline_shards, at.counters
    )
    return Gauges(reads, at.clock, settings.policy(), at.telemetry)
