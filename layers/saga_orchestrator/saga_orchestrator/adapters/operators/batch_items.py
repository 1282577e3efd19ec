"""Batches as items of the operators' table: one that says how it stands, its set in parts, and a fate for each saga."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from saga_orchestrator.adapters.saga_codec import Item
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import KEPT_SECONDS, Door, Role
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.batches import Batch, BatchState, By, Chosen, Fate

KIND: Final = "operation"
"""Their partition of the index by time."""
PART: Final = 50
"""Sagas of one item of the set: some 6 KB, whatever their number."""


def head_key(identity: str) -> Item:
    return {"pk": {"S": f"operation#{identity}"}, "sk": {"S": "head"}}


def part_key(batch: Batch, number: int) -> Item:
    """Of one attempt to freeze it: of two at once, the one whose batch stands has its own parts."""
    return {**_pk(batch), "sk": {"S": f"set#{batch.content}#{number:03d}"}}


def fate_key(batch: Batch, position: int) -> Item:
    return {**_pk(batch), "sk": {"S": f"fate#{position:05d}"}}


def encode_head(batch: Batch) -> Item:
    """As it is when it is prepared; later writes set what they change."""
    return {
        **head_key(batch.id),
        "kind": {"S": KIND},
        "at": {"S": rfc3339(batch.prepared.at)},
        "verb": {"S": batch.deed},
        "of": {"S": batch.of},
        "fits": {"S": json.dumps(dict(batch.fits), sort_keys=True)},
        "before": {"N": str(batch.before)},
        "request": {"S": batch.request},
        "content": {"S": batch.content},
        "count": {"N": str(batch.count)},
        "unreadable": {"N": str(batch.unreadable)},
        "prepared": {"S": encode_by(batch.prepared)},
        "stands": {"S": batch.state},
        "version": {"N": str(batch.version)},
        "next": {"N": "0"},
        **{f"n_{fate}": {"N": "0"} for fate in Fate},
        "moved": {"N": str(batch.moved)},
        **expiry(batch),
    }


def decode_head(item: Item) -> Batch:
    """Raises KeyError or ValueError: it is no such item."""

    def number(name: str, missing: int = 0) -> int:
        return int(item[name]["N"]) if name in item else missing

    return Batch(
        id=item["pk"]["S"].partition("#")[2],
        deed=Deed(item["verb"]["S"]),
        of=item["of"]["S"],
        fits=json.loads(item["fits"]["S"]),
        before=number("before"),
        request=item["request"]["S"],
        content=item["content"]["S"],
        count=number("count"),
        unreadable=number("unreadable"),
        prepared=_by(item["prepared"]["S"]),
        state=BatchState(item["stands"]["S"]),
        version=number("version"),
        started=_by(item["started"]["S"]) if "started" in item else None,
        aborted=_by(item["aborted"]["S"]) if "aborted" in item else None,
        ended_at=number("ended") if "ended" in item else None,
        settled={fate: number(f"n_{fate}") for fate in Fate},
        runner=item["runner"]["S"] if "runner" in item else None,
        moved=number("moved"),
        takes=number("takes"),
        taken_at=number("taken_at"),
    )


def encode_by(by: By) -> str:
    return json.dumps([by.at, by.actor, by.door, by.role, by.reason], ensure_ascii=False)


def encode_part(chosen: Sequence[Chosen]) -> Mapping[str, Any]:
    words = [f"{each.execution_id} {each.saga_name} {each.version} {each.created} {each.step or ''}" for each in chosen]
    return {"sagas": {"L": [{"S": word} for word in words]}}


def decode_part(item: Item) -> list[Chosen]:
    """Raises KeyError or ValueError: it is no such item."""
    found = []
    for word in item["sagas"]["L"]:
        execution_id, saga_name, version, created, step = word["S"].split(" ")
        found.append(Chosen(execution_id, saga_name, int(version), int(created), step or None))
    return found


def expiry(batch: Batch) -> Item:
    """As long as the acts that name it."""
    return {"expires": {"N": str(batch.prepared.at // 1000 + KEPT_SECONDS)}}


def _by(text: str) -> By:
    at, actor, door, role, reason = json.loads(text)
    return By(at, actor, Door(door), Role(role), reason)


def _pk(batch: Batch) -> Item:
    return {"pk": {"S": f"operation#{batch.id}"}}
