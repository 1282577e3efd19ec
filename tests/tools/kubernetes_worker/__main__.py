"""`python -m tests.tools.kubernetes_worker`: the contract, played against the worker beside a stand-in cluster."""

import os
import sys
import tempfile
from pathlib import Path

from saga_testing.clauses.report import Output, show
from tests.tools.kubernetes_worker.played import played
from tests.tools.kubernetes_worker.rig import broker

if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    with tempfile.TemporaryDirectory() as place, broker() as bootstrap:
        findings, _ = played(bootstrap, Path(place))
    sys.exit(show("Worker's contract, by the worker for Kubernetes", findings, Output.TABLE))
