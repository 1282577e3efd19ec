"""The console's modules as one script, so that a browser asks four times and not twenty.

Each file is a request, each request an invocation, and all of a page's come at once: twenty of them would meet the
function's reserved concurrency, and one that is refused is a page that does not start. Modules stay as they are
written; each becomes a function that is called once, in the order of their imports.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

MAIN: Final = "main.js"
VENDORED: Final = "htm-preact.js"
"""Stays a file of its own, byte for byte what was published."""

_IMPORT: Final = re.compile(r'^import \{([^{}]*)\} from "\./([a-z-]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:const|function|async function|class) (\w+))", re.MULTILINE)
_OTHER: Final = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


class NotJoined(Exception):
    """A module is written in a way that this does not know, or two import each other."""


def joined(modules: Mapping[str, str]) -> str:
    """From `MAIN` on.

    Raises:
        NotJoined: naming the module.
    """
    parts = [f'import * as {_variable(VENDORED)} from "./{VENDORED}";\n']
    parts += [_called(name, modules[name]) for name in _ordered(modules)]
    return "\n".join(parts)


def _ordered(modules: Mapping[str, str]) -> Iterator[str]:
    """Each once, behind all that it imports."""
    seen = {VENDORED}

    def below(each: str, path: tuple[str, ...]) -> Iterator[str]:
        if each in seen:
            return
        if each in path or each not in modules:
            msg = f"{each}: imported in a circle" if each in path else f"{each}: there is no such module"
            raise NotJoined(msg)
        for _, imported in _IMPORT.findall(modules[each]):
            yield from below(imported, (*path, each))
        seen.add(each)
        yield each

    return below(MAIN, ())


def _called(name: str, text: str) -> str:
    taken = [
        f"const {{{names.replace(' as ', ': ')}}} = {_variable(source)};\n" for names, source in _IMPORT.findall(text)
    ]
    body = _IMPORT.sub("", text)
    given = _EXPORT.findall(body)
    body = _EXPORT.sub("", body)
    if other := _OTHER.search(body):
        msg = f"{name}: {other[0]}"
        raise NotJoined(msg)
    returned = f"return {{ {', '.join(given)} }};\n"
    return f"// {name}\nconst {_variable(name)} = (() => {{\n{''.join(taken)}{body}{returned}}})();\n"


def _variable(name: str) -> str:
    return "$" + name.removesuffix(".js").replace("-", "_")
