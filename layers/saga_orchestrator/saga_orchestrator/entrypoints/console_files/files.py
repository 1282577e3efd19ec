"""The console's files as they are served: read once, under names that say what is in them.

A browser may keep a file for ever, because another content has another name. All files share one stamp, for they are
one program: a page never runs the script of one release beside that of another.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from .joining import MAIN, VENDORED, joined

INDEX: Final = "index.html"
TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
_NAMED: Final = re.compile(r'"(?:\./)?([a-z][a-z0-9-]*\.(?:js|css|svg))"')
"""How a file names another: in double quotes, beside it."""


@dataclass(frozen=True, slots=True)
class File:
    """`immutable`: its name changes with its content."""

    content: bytes
    zipped: bytes
    content_type: str
    tag: str
    immutable: bool

    @classmethod
    def of(cls, name: str, content: bytes, *, immutable: bool = False) -> "File":
        tag = f'W/"{sha256(content).hexdigest()[:20]}"'  # weak: it stands for the content, zipped or not
        return cls(content, gzip.compress(content, mtime=0), TYPES[Path(name).suffix], tag, immutable)


def files_in(folder: Path) -> dict[str, File]:
    """By the name under which each is asked for.

    Raises:
        OSError: the folder cannot be read.
        KeyError: something is in it whose type is not known, or one file names another that is not there.
        NotJoined: a module is not written as the others are.
    """
    found = _with_one_script({path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()})
    stamp = sha256(b"".join(name.encode() + b"\0" + content + b"\0" for name, content in found.items())).hexdigest()[
        :12
    ]
    names = {name: name if name == INDEX else _stamped(name, stamp) for name in found}
    served: dict[str, File] = {}
    for name, content in found.items():
        linked = content if name.endswith(".svg") else _linked(content, names)
        served[names[name]] = File.of(name, linked, immutable=name != INDEX)
    return served


def _with_one_script(found: Mapping[str, bytes]) -> dict[str, bytes]:
    modules = {name: content.decode() for name, content in found.items() if name.endswith(".js")}
    others = {name: content for name, content in found.items() if name not in modules or name == VENDORED}
    return {**others, MAIN: joined(modules).encode()}


def _stamped(name: str, stamp: str) -> str:
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{stamp}.{kind}"


def _linked(content: bytes, names: Mapping[str, str]) -> bytes:
    return _NAMED.sub(lambda found: f'"./{names[found[1]]}"', content.decode()).encode()
