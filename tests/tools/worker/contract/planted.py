"""One bug for each clause: a worker that breaks this clause and keeps all others."""

from tests.tools.worker.contract import planted_orders, planted_reports, planted_runs
from tests.tools.worker.contract.planting import BUGS

__all__ = ["BUGS", "planted_orders", "planted_reports", "planted_runs"]
