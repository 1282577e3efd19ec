"""What the timeout checker has beside the parts of every function: the gauges.

Apart from `bootstrap`, so that no event function pays for importing it.
"""

from .adapters.operators.counter_reads import CounterReads
from .adapters.operators.marked_sagas import MarkedSagas
from .adapters.operators.open_events import open_events
from .adapters.operators.saga_lists import SagaLists
from .application.gauges import Gauges
from .application.stale_marks import MarkMender
from .bootstrap import Resources


def gauges_of(at: Resources) -> Gauges:
    settings = at.settings
    client = at.sdk.dynamodb
    lists = SagaLists(client, settings.saga_table, settings.deadline_shards, at.pause)
    rejected = open_events(client, settings.operator_table, lambda item: item["at"]["S"])
    mender = MarkMender(lists, lambda: MarkedSagas(at.store), at.rng.sample, at.telemetry)
    counters = CounterReads(at.counters)
    return Gauges(lists, rejected, counters, at.clock, settings.policy(), at.telemetry, mender.run)
