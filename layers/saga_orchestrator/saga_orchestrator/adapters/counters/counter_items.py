"""Items of counters: their keys, said once for the engine, the operator's commands and the tests, and their attributes.

Ids of executions cannot contain `#`, so no event can name an item of these, and every key that begins with `#` is the
engine's own: whoever reads the table for sagas passes over all of them, those of later releases included.
"""

from dataclasses import replace
from typing import Any, Final

from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.domain.counters import Head, Override, Shard
from saga_orchestrator.domain.errors import RetryableError

RESERVED: Final = "#"
COUNTER: Final = "#counter"
DIRECTORY: Final = "#counters"
OVERRIDE: Final = "override"
VERSION: Final = "ov"
"""On shard 0, and for all languages on the directory's item. An older release passes over both and destroys neither."""
MAX_SHARDS: Final = 64
"""What `CounterShards` may be at most."""

_PREFIX: Final = f"{COUNTER}#"


class UnreadableCounter(RetryableError):
    """A counter's item holds what is no number: events wait at their source until it is mended."""


def counter_key(resource: str, shard: int) -> Item:
    return {"execution_id": {"S": f"{_PREFIX}{resource}#{shard}"}, "saga_name": {"S": COUNTER}}


def directory_key() -> Item:
    """The one item that names every resource that was ever limited."""
    return {"execution_id": {"S": DIRECTORY}, "saga_name": {"S": DIRECTORY}}


def is_reserved(item: Item) -> bool:
    """No saga's, known or not."""
    return str(item["execution_id"]["S"]).startswith(RESERVED)


def shard_of(item: Item) -> tuple[str, int] | None:
    """(resource, shard) of a counter's item, None for any other."""
    key = str(item["execution_id"]["S"])
    if item["saga_name"]["S"] != COUNTER or not key.startswith(_PREFIX):
        return None
    return claimed_shard(key.removeprefix(_PREFIX))


def claimed_shard(text: str) -> tuple[str, int] | None:
    """(resource, shard) as a claim in a saga and the key of a counter spell it."""
    resource, separator, number = text.rpartition("#")
    return (resource, int(number)) if separator and number.isdecimal() and number.isascii() else None


def to_shard(item: Item | None) -> Shard:
    """An item that is not there has nothing taken. One that was given a cap was given its number as well."""
    if item is None:
        return Shard()
    cap = _number(item, "cap") if "cap" in item else None
    return Shard(_number(item, "n") if "n" in item or cap is not None else 0, cap)


def to_head(item: Item | None) -> Head | None:
    """None where no cap was ever in force: the counter is new, or of a release before caps."""
    if item is None or "gen" not in item:
        return None
    limit, gen, shards, span = (_number(item, name) for name in ("limit", "gen", "shards", "span"))
    head = Head(limit, gen, shards, max(span, shards), unsettled="unsettled" in item)
    return replace(head, override=to_override(item), version=to_version(item)) if VERSION in item else head


def to_override(item: Item | None) -> Override | None:
    """None also where it cannot be read: what a person put there keeps no claim and no check from its work."""
    found: dict[str, Any] = (item or {}).get(OVERRIDE, {}).get("M", {})
    try:
        until = int(found["until"]["N"]) if "until" in found else None
        texts = {name: str(found.get(name, {}).get("S", "")) for name in ("by", "reason")}
        return Override(int(found["limit"]["N"]), int(found["at"]["N"]), until, **texts)
    except (KeyError, ValueError):
        return None


def to_version(item: Item | None) -> int:
    """How often an override was put there or taken away."""
    return _number(item, VERSION) if item is not None and VERSION in item else 0


def from_override(override: Override) -> dict[str, Any]:
    numbers = {"limit": override.limit, "at": override.at, "until": override.until}
    texts = {"by": override.by, "reason": override.reason}
    return {
        "M": {
            **{name: {"N": str(value)} for name, value in numbers.items() if value is not None},
            **{name: {"S": value} for name, value in texts.items() if value},
        }
    }


def _number(item: Item, name: str) -> int:
    value: dict[str, Any] = item.get(name, {})
    try:
        return int(value["N"])
    except (KeyError, ValueError):
        msg = f"{name} of {item['execution_id']['S']} is no number: mend it, or run sagactl reconcile"
        raise UnreadableCounter(msg) from None
