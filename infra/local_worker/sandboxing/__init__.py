"""How one script is run: which interpreter, within which limits, and what is kept of what it prints."""

from local_worker.sandboxing.quantities import cpu_cores, memory_bytes
from local_worker.sandboxing.runtimes import argument_vector
from local_worker.sandboxing.sandbox import Capture, Limits, RunResult, Sandbox

__all__ = [
    "Capture",
    "Limits",
    "RunResult",
    "Sandbox",
    "argument_vector",
    "cpu_cores",
    "memory_bytes",
]
