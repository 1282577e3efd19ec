"""What only operators and the relay need of versions is no part of an event function's cold start."""

import subprocess
import sys

FUNCTIONS = ("event_function", "saga_functions", "checker_function", "relay_function")


def test_no_function_imports_what_moves_and_judges_sagas() -> None:
    wanted = ", ".join(f"saga_orchestrator.entrypoints.{name}" for name in FUNCTIONS)
    code = f"import sys, {wanted}; print([name for name in sys.modules if '.versions' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
