"""Dies by a signal, as a native library with a bug would."""

import os
import signal

os.kill(os.getpid(), signal.SIGSEGV)
