"""Commands that only ask a stack do not pay for the import of the emulator, a second, and of the kit, a quarter."""

import subprocess
import sys

HEAVY = (
    *("moto", "samtranslator", "local_stack.stack", "local_stack.aws", "local_worker", "local_participant", "demo"),
    "saga_testing",
)


def test_the_command_line_is_read_without_the_emulator() -> None:
    code = f"import sys, sagactl.app; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
