"""`make fuzz`: a million runs of the decoder, a share of the others, each from its corpus; exit 1 at the first finding.

`python -m tests.proof.fuzz --replay FILE --target decoder` runs one input again, in any environment.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.proof.fuzz.targets import TARGETS

OUTPUT: Final = Path("build/fuzz")
P99_MS: Final = 5.0
SHARES: Final = {"decoder": 1.0, "codec": 0.2, "envelopes": 0.1}
"""Of the runs asked for: the decoder meets the world, an envelope costs a whole deployment in memory."""

_COVERAGE: Final = re.compile(r"cov: (\d+) ft: (\d+)")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="of the decoder; the others get their share")
    parser.add_argument("--seed", type=int, default=1, help="of the fuzzer's dice")
    parser.add_argument("--target", choices=TARGETS, action="append", help="only this one; may be repeated")
    parser.add_argument("--replay", type=Path, help="run one input instead")
    options = parser.parse_args()
    targets = options.target or list(TARGETS)
    if options.replay:
        for name in targets:
            sys.stdout.write(f"{name}: {', '.join(TARGETS[name](options.replay.read_bytes()))}\n")
        return 0
    OUTPUT.mkdir(parents=True, exist_ok=True)
    return max(_run(name, int(options.runs * SHARES[name]), options.seed) for name in targets)


def _run(name: str, runs: int, seed: int) -> int:
    started = time.monotonic()
    command = [sys.executable, "-m", "tests.proof.fuzz.campaign", name, str(runs), str(seed), str(OUTPUT)]
    process = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    coverage = _COVERAGE.findall(process.stderr)
    if process.returncode != 0:
        (OUTPUT / f"{name}.log").write_text(process.stderr)
        sys.stdout.write("\n".join(process.stderr.splitlines()[-25:]))
        sys.stdout.write(f"\n{name}: exit {process.returncode}; all of the output is in {OUTPUT / name}.log\n")
        return 1
    figures = json.loads((OUTPUT / f"{name}.json").read_text())
    edges, features = coverage[-1] if coverage else ("?", "?")
    sys.stdout.write(
        f"{name}: {figures['runs']} runs in {time.monotonic() - started:.0f} s, no exception that is not promised\n"
        f"  coverage {edges} edges, {features} features; "
        f"p50 {figures['p50_ms']:.3f} ms, p99 {figures['p99_ms']:.3f} ms, worst {figures['worst_ms']:.1f} ms\n"
    )
    for outcome, count in figures["outcomes"].items():
        sys.stdout.write(f"  {count:>9} {outcome}\n")
    sys.stdout.flush()
    if figures["p99_ms"] >= P99_MS:
        sys.stdout.write(f"{name}: p99 is not below {P99_MS} ms\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
