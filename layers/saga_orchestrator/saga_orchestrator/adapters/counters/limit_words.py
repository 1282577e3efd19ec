"""How `LanguageLimits` is spelled: what cannot be read, or could never apply, is refused with the right spelling."""

import json
from typing import Any, Final

from saga_orchestrator.domain.policy import MOST_SLOTS, Limit, Without, names_a_resource

EXAMPLE: Final = '{"python": 200, "ruby": "unlimited", "go": "closed"}'


def read_limits(value: Any) -> Any:
    """Raises ValueError, which says what is expected and never what was given."""
    if not isinstance(value, str):
        return value
    try:
        pairs = json.loads(value, object_pairs_hook=list)
    except ValueError:
        pairs = None
    # A list of pairs is an object; a list in the text itself is not.
    if not isinstance(pairs, list) or not value.lstrip().startswith("{"):
        msg = f"must be a JSON object, with its names in double quotes: {EXAMPLE}"
        raise ValueError(msg)
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        msg = "must name a language once only"
        raise ValueError(msg)
    return {_language(name): _limit(limit) for name, limit in pairs}


def _language(name: str) -> str:
    if not names_a_resource(name):
        msg = f"must name languages in lower case ([a-z0-9+._-], at most 64): {EXAMPLE}"
        raise ValueError(msg)
    return name


def _limit(limit: Any) -> Limit:
    if isinstance(limit, str) and limit in set(Without):
        return Without(limit)
    if isinstance(limit, int) and not isinstance(limit, bool) and 1 <= limit <= MOST_SLOTS:
        return limit
    msg = (
        f'must be whole numbers from 1 to {MOST_SLOTS}, "unlimited" or "closed" '
        f"(0 could mean either, so it is neither): {EXAMPLE}"
    )
    raise ValueError(msg)
