"""What must hold of the template, each check a function from a template to complaints.

They are functions of a template's file because `test_planted_bugs.py` gives them templates with a bug in them: a check
that has nothing to say about those proves nothing about the real one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Check = Callable[[Path], Iterable[str]]
"""What is wrong with the template, in a line each; nothing if it is right."""


def differences(where: str, found: Any, wanted: Any) -> Iterator[str]:
    """Each place at which two values differ. Lists of statements are compared by their Sid, other lists as a whole."""
    found, wanted = _by_sid(found), _by_sid(wanted)
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        for key in sorted(found.keys() | wanted.keys()):
            if key not in found or key not in wanted:
                yield f"{where}.{key}: {'missing' if key in wanted else 'unexpected'}"
            else:
                yield from differences(f"{where}.{key}", found[key], wanted[key])
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for position, (left, right) in enumerate(zip(found, wanted, strict=True)):
            yield from differences(f"{where}[{position}]", left, right)
    elif found != wanted:
        yield f"{where}: {found!r} instead of {wanted!r}"


def _by_sid(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(item, Mapping) and "Sid" in item for item in value):
        return {item["Sid"]: item for item in value}
    return value
