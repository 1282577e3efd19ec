"""One target under atheris, in a process of its own: libFuzzer ends the process that it runs in."""

import atexit
import hashlib
import json
import os
import sys
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["saga_orchestrator"]):
    from tests.proof.fuzz.targets import TARGETS

from tests.proof.fuzz.committed import DICTIONARY, folder
from tests.proof.fuzz.mutation import mutation_of
from tests.proof.fuzz.tally import Tally

MAX_BYTES = 4096
"""Large inputs have tests of their own (tests/release/security/test_bombs.py); here many small ones find more."""
HANGS_AFTER_SECONDS = 5
FINDING = "FINDING"
"""The first word of the last line when an exception has escaped; then come its type and the input's path."""


def main(name: str, runs: int, seed: int, output: Path) -> None:
    """Run the target so many times and leave the figures in `output`; stop at the first finding."""
    tally = Tally(TARGETS[name])
    grown = output / f"corpus-{name}"
    grown.mkdir(parents=True, exist_ok=True)

    def one_input(content: bytes) -> None:
        try:
            tally.run(content)
        except Exception as finding:  # noqa: BLE001 - whatever escapes a target is what we are looking for
            _keep(output, name, content, finding)

    def report() -> None:
        figures = {
            "runs": len(tally.taken),
            "p50_ms": tally.percentile(0.50),
            "p99_ms": tally.percentile(0.99),
            "worst_ms": tally.percentile(1.0),
            "outcomes": dict(tally.outcomes.most_common()),
        }
        (output / f"{name}.json").write_text(json.dumps(figures))
        # The runs are done. Once in a dozen campaigns the interpreter, taken down in here, still ended with an error.
        sys.stderr.flush()
        os._exit(0)

    # Looked up at each call: what atheris has under this name before it runs refuses to work.
    mutation = mutation_of(name, lambda content, max_size: atheris.Mutate(content, max_size))  # noqa: PLW0108

    def mutator(content: bytes, max_size: int, chosen: int) -> bytes:
        return mutation.of(bytes(content), max_size, chosen)

    atexit.register(report)
    options = [
        f"-atheris_runs={runs}",  # as -runs, but Python's exit handlers run afterwards
        f"-seed={seed}",
        f"-max_len={MAX_BYTES}",
        f"-timeout={HANGS_AFTER_SECONDS}",
        f"-dict={DICTIONARY}",
        f"-artifact_prefix={output}/",
        str(grown),
        str(folder(name)),
    ]
    atheris.Setup([sys.argv[0], *options], one_input, custom_mutator=mutator)
    atheris.Fuzz()


def _keep(output: Path, name: str, content: bytes, finding: Exception) -> None:
    path = output / f"crash-{name}-{hashlib.sha256(content).hexdigest()[:16]}"
    path.write_bytes(content)
    sys.stderr.write("".join(traceback.format_exception(finding)))
    sys.stderr.write(f"{FINDING} {type(finding).__name__} {path}\n")
    sys.stderr.flush()
    os._exit(1)  # past the exit handlers: there are no figures of a campaign that was cut short


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
