"""Fetches a headless Chromium from the npm registry: `make chromium`.

Playwright's own download comes from no package registry, so machines that reach registries alone cannot have it. This
package is one brotli file and the libraries beside it; it is unpacked by the Node that playwright brings along.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from playwright._impl._driver import compute_driver_executable

PACKAGE: Final = "@sparticuz/chromium"
VERSION: Final = "147.0.0"
SHA512: Final = (
    "e1929e01041af2ea769adebbe6a4a2b73b4b75b42b95ff0129d0b99da79aa7ee"
    "4cbf5395d4e94974fa14f84242fe9e6c414254426378afeab9f8485a68e507a5"
)
FOLDER: Final = Path(__file__).parents[3] / ".chromium"
"""Not in git."""
BINARY: Final = FOLDER / VERSION / "chromium"

_DECOMPRESS: Final = """
const fs = require('fs'), zlib = require('zlib'), {pipeline} = require('stream');
const [from, to] = process.argv.slice(1);
pipeline(fs.createReadStream(from), zlib.createBrotliDecompress(), fs.createWriteStream(to), (e) => {
  if (e) throw e;
});
"""


class NotFetched(Exception):
    """Says what is missing."""


def fetch() -> Path:
    """
    Raises:
        NotFetched: no npm, no registry, or not the bytes that are expected.
    """
    if BINARY.exists():
        return BINARY
    npm = shutil.which("npm")
    if npm is None:
        message = "there is no npm on the PATH"
        raise NotFetched(message)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        made = _unpacked(_packed(npm, Path(scratch)), Path(scratch) / "made")
        shutil.rmtree(BINARY.parent, ignore_errors=True)
        made.rename(BINARY.parent)
    return BINARY


def _packed(npm: str, scratch: Path) -> Path:
    try:
        done = subprocess.run(
            [npm, "pack", "--silent", "--ignore-scripts", f"{PACKAGE}@{VERSION}"],
            cwd=scratch,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = "the registry did not answer in five minutes"
        raise NotFetched(message) from None
    packed = next(scratch.glob("*.tgz"), None)
    if done.returncode or packed is None:
        message = f"npm pack failed: {done.stderr.strip()[-300:]}"
        raise NotFetched(message)
    if hashlib.sha512(packed.read_bytes()).hexdigest() != SHA512:
        message = f"{PACKAGE}@{VERSION} is not what it was: its digest differs"
        raise NotFetched(message)
    return packed


def _unpacked(packed: Path, made: Path) -> Path:
    made.mkdir()
    with tarfile.open(packed) as archive:
        archive.extractall(made.parent, filter="data")
    compressed = made.parent / "package" / "bin"
    _decompress(compressed / "chromium.br", made / "chromium")
    (made / "chromium").chmod(0o755)
    for name in ("fonts", "swiftshader"):
        plain = made.parent / f"{name}.tar"
        _decompress(compressed / f"{name}.tar.br", plain)
        with tarfile.open(plain) as archive:
            archive.extractall(made, filter="data")
    return made


def _decompress(compressed: Path, to: Path) -> None:
    node, _ = compute_driver_executable()
    done = subprocess.run(
        [node, "-e", _DECOMPRESS, str(compressed), str(to)], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        message = f"{compressed.name} cannot be unpacked: {done.stderr.strip()[-300:]}"
        raise NotFetched(message)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> int:
    """Never fails a build: without it the browser tests look elsewhere, and say so where there is none."""
    if os.environ.get("CHROMIUM"):
        _say("CHROMIUM is set: nothing to fetch")
        return 0
    try:
        _say(f"chromium: {fetch()}")
    except (NotFetched, OSError, tarfile.TarError) as failed:
        _say(f"chromium was not fetched, so the tests of the console may be skipped: {failed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
