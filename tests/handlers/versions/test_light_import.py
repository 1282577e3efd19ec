"""What only operators need of versions is no part of a function's cold start.

Which version emitted a message is asked by the relay, which every function is wired with.
"""

import subprocess
import sys

FUNCTIONS = ("event_function", "saga_functions", "checker_function", "relay_function")
THE_RELAYS = {"saga_orchestrator.domain.versions", "saga_orchestrator.domain.versions.emitting"}


def test_no_function_imports_what_moves_and_judges_sagas() -> None:
    wanted = ", ".join(f"saga_orchestrator.entrypoints.{name}" for name in FUNCTIONS)
    code = f"import sys, {wanted}; print(*(name for name in sys.modules if '.versions' in name))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) == THE_RELAYS
