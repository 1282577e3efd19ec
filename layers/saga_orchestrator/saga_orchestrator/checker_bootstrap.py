"""What the timeout checker has beside the parts of every function: the gauges.

Apart from `bootstrap`, so that no event function pays for importing it.
"""

from .adapters.operators.counter_reads import CounterReads
from .adapters.operators.open_events import open_events
from .adapters.operators.saga_lists import SagaLists
from .application.gauges import Gauges
from .bootstrap import Resources


def gauges_of(at: Resources) -> Gauges:
    settings = at.settings
    client = at.sdk.dynamodb
    lists = SagaLists(client, settings.saga_table, settings.deadline_shards, at.pause)
    rejected = open_events(client, settings.operator_table, lambda item: item["at"]["S"])
    return Gauges(lists, rejected, CounterReads(at.counters), at.clock, settings.policy(), at.telemetry)
