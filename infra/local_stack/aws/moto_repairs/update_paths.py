"""What an update expression writes to must not overlap; moto takes it. See `moto_repairs`."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from moto.dynamodb.exceptions import InvalidUpdateExpression

SECTION: Final = re.compile(r"(?<![#:.\w])(SET|REMOVE|ADD|DELETE)\b", re.IGNORECASE)
PATH: Final = r"([#\w.\[\]-]+)"


def check_update_paths(request: dict[str, Any]) -> None:
    """ "Two document paths overlap with each other" (Developer Guide, Using update expressions)."""
    names = request.get("ExpressionAttributeNames") or {}
    paths = [_steps(path, names) for path in _written(request.get("UpdateExpression") or "")]
    for one, other in combinations(paths, 2):
        shared = min(len(one), len(other))
        if one[:shared] == other[:shared]:
            raise InvalidUpdateExpression("Two document paths overlap with each other; must remove or rewrite one")


def _written(expression: str) -> Iterator[str]:
    _, *sections = SECTION.split(expression)
    for keyword, clauses in zip(sections[::2], sections[1::2], strict=True):
        if keyword.upper() == "SET":
            yield from re.findall(PATH + r"\s*=", clauses)
        elif keyword.upper() == "REMOVE":
            yield from re.findall(PATH, clauses)
        else:
            yield from re.findall(PATH + r"\s+:\w+", clauses)


def _steps(path: str, names: dict[str, str]) -> list[str]:
    return [names.get(step, step) for step in path.replace("[", ".[").split(".")]
