"""The ready file: appears whole once the stack can be used, and goes with it."""

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from sagactl.errors import NotUsableError


def stack_named_in(path: Path) -> str | None:
    """The endpoint of another stack that the file names, if that one still answers; not of one that was killed."""
    try:
        endpoint = str(json.loads(path.read_text())["aws_endpoint"])
        address = urlsplit(endpoint)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=1):
            return endpoint
    except (OSError, ValueError, KeyError, TypeError):
        return None


def beside(path: Path, endpoint: str) -> Path:
    """Where a further stack of one folder is told: no two that are up have the same port."""
    return path.with_name(f"{path.stem}-{urlsplit(endpoint).port}{path.suffix}")


def refuse_unwritable(path: Path) -> None:
    """Before seconds are spent on a stack that would have to come down again."""
    with _scratch(path) as scratch:
        scratch.touch()
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A file beside `path`, gone afterwards; what goes wrong with it is told of `path`."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield scratch
    except OSError as error:
        raise NotUsableError(f"the ready file {path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)


@contextmanager
def published(path: Path, content: str) -> Iterator[None]:
    """`content` at `path` for the length of the block; a reader never sees half of it."""
    with _scratch(path) as scratch:
        scratch.write_text(content)
        scratch.replace(path)
    try:
        yield
    finally:
        # Another stack may have written its own here since: that one is not ours to remove.
        if path.is_file() and path.read_text() == content:
            path.unlink(missing_ok=True)
