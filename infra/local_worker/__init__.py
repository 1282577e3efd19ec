"""The local worker: stands in for the Kubernetes worker and keeps the obligations of docs/worker-contract.md.
`WorkerProcess` runs it in a process of its own (`python -m local_worker`).
"""

from local_worker.faults import Faults
from local_worker.ledger import pod_name
from local_worker.process import WorkerProcess
from local_worker.process_options import WorkerOptions
from local_worker.worker import PodNews, WorkerCounts

__all__ = [
    "Faults",
    "PodNews",
    "WorkerCounts",
    "WorkerOptions",
    "WorkerProcess",
    "pod_name",
]
