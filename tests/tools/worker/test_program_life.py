"""A program ends on its signal, whichever of its threads the system hands it to."""

import subprocess
import sys
from pathlib import Path

import pytest

IN_ANOTHER_THREAD = """
import signal, sys, threading, time
from sagactl.local.stop_signal import StopSignal
from stack_client import told_to_stop, wait_for

def take_it():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.{name})

threading.Thread(target=take_it, daemon=True).start()
{waiting}
print("told")
"""
LIVES = {
    "a program that another started": "wait_for(told_to_stop())",
    "a command that a person started": """
with StopSignal() as stop:
    stop.settled()
    wait_for(stop.requested)
""",
}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("life", LIVES)
def test_a_signal_that_another_thread_took_ends_it(life: str, name: str, tmp_path: Path) -> None:
    program = [sys.executable, "-c", IN_ANOTHER_THREAD.format(name=name, waiting=LIVES[life])]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        try:
            assert process.wait(60) == 0  # its standard input stays open: the end of that ends it as well
        finally:
            process.kill()
        assert process.stdout.read() == "told\n"
