"""What the API server does with objects of every kind."""

from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def merge(target: Json, patch: Json) -> None:
    """RFC 7396."""
    for name, value in patch.items():
        if isinstance(value, dict):
            merge(target.setdefault(name, {}), value)
        elif value is None:
            target.pop(name, None)
        else:
            target[name] = value


def selected(each: Json, selector: str) -> bool:
    labels = each["metadata"].get("labels", {})
    wanted = dict(part.split("=", 1) for part in selector.split(",") if part)
    return all(labels.get(name) == value for name, value in wanted.items())


def now() -> str:
    """Whole seconds, as Kubernetes has them."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
