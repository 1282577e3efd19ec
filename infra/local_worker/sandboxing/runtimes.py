"""Which runtimes this machine offers in place of container images."""

import re
import sys
from pathlib import Path

from local_worker.refusals import RuntimeUnavailableError

_PYTHON = re.compile(r"python(3(\.\d{1,2})?)?", re.ASCII)
_BASH = Path("/bin/bash")


def _python() -> list[str]:
    """The interpreter behind the virtual environment, isolated: a user's script sees the standard library and nothing
    of the stack.
    """
    interpreter = Path(sys.executable).resolve()
    return [str(interpreter if interpreter.exists() else sys.executable), "-I"]


def argument_vector(runtime_command: list[str], filename: str) -> list[str]:
    """`runtime_command` plus the script's file name, the program replaced by the one installed here; metacharacters
    stay data.
    """
    if not runtime_command:
        msg = "runtime_command is empty"
        raise RuntimeUnavailableError(msg)
    program, *arguments = runtime_command
    name = Path(program).name
    if _PYTHON.fullmatch(name):
        return [*_python(), *arguments, filename]
    if name == "bash" and _BASH.exists():
        return [str(_BASH), *arguments, filename]
    msg = "the local worker offers python and bash only"
    raise RuntimeUnavailableError(msg)
