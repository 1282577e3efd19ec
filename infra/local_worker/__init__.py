"""The local worker: stands in for the Kubernetes worker and keeps the obligations of docs/worker-contract.md.
`WorkerProcess` runs it in a process of its own (`python -m local_worker`).
"""

from local_worker.faults import Faults
from local_worker.intake import subscription
from local_worker.ledger import pod_name
from local_worker.process import WorkerNotStartedError, WorkerProcess
from local_worker.process_options import WorkerOptions
from local_worker.publishers import Transport, alternating
from local_worker.worker import PodNews, WorkerCounts

__all__ = [
    "Faults",
    "PodNews",
    "Transport",
    "WorkerCounts",
    "WorkerNotStartedError",
    "WorkerOptions",
    "WorkerProcess",
    "alternating",
    "pod_name",
    "subscription",
]
