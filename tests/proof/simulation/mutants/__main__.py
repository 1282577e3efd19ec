"""Every planted bug must be seen by its own oracle: `python -m tests.proof.simulation.mutants`."""

import sys

from tests.proof.simulation.mutants.hunt import main

if __name__ == "__main__":  # a child process of the pool imports this module too
    sys.exit(main())
