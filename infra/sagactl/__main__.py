"""`sagactl`: operate a stack, on AWS or on this machine."""

import sys

from sagactl.app import app
from sagactl.outlet import abandon, tell


def main() -> None:
    """The console script. The commands tell of their own failures; what is left is `--help` and its like."""
    try:
        try:
            app()
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except OSError as error:
        abandon()
        tell(f"the output cannot be written: {error.strerror or error}")
        sys.exit(2)


if __name__ == "__main__":
    main()
