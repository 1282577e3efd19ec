"""First code of a sandbox process: tie its life to the stack's, then become the Lambda runtime client.

Run as a file, not imported, so that nothing of the stack is on the sandbox's path. Usage: sandbox_entry.py PARENT_PID
HANDLER
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Linux kills this process when the stack dies, even by SIGKILL and even while a handler loops. Elsewhere the
    runtime client ends by itself at its next call to the runtime API."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(1)


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    from awslambdaric.__main__ import main

    main([sys.argv[0], sys.argv[2]])
