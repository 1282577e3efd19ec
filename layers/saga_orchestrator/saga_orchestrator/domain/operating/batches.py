"""One verb for many sagas: a set that was seen and frozen, who began it, and how far it is.

At the doors it is called an operation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final

from .acts import Door, Role, digest
from .authority import Deed

MAX_CHOSEN: Final = 1_000
START_WITHIN_MS: Final = 3_600_000
"""What was seen an hour ago is no ground for a decision: prepare it again."""
KEY_PREFIX: Final = "operation:"
"""Of the keys of a batch's own acts. Nobody else's key begins so."""

_ID: Final = re.compile(r"[0-9a-f]{24}")


class BatchState(StrEnum):
    PREPARED = "prepared"
    RUNNING = "running"
    ENDED = "ended"
    ABORTED = "aborted"
    EXPIRED = "expired"
    """Never stored: prepared, and not begun in time."""


class Fate(StrEnum):
    """What became of one saga of the set."""

    DONE = "done"
    CHANGED = "changed"
    """It was not any more as it had been seen, or not there: left alone."""
    REFUSED = "refused"
    """As it stands this cannot be done to it."""
    FAILED = "failed"
    """Tried several times, and a store did not answer."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One saga of the set, as it was seen. `step` is the parked one that made it fit, where that is a single one."""

    execution_id: str
    saga_name: str
    version: int
    created: int
    step: str | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who did a part of it, and when (ms)."""

    at: int
    actor: str
    door: Door
    role: Role
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`of` names the list that it was chosen from; `fits` are the parts of a kind that it was chosen by, and `before`
    is the cut-off (ms). `content` tells one attempt to freeze a set from another. `moved` is when it last went on.

    Sagas are gone through in their order, so how many have a fate says which one is next.
    """

    id: str
    deed: Deed
    of: str
    fits: Mapping[str, str] = field(hash=False)
    before: int
    request: str
    content: str
    count: int
    unreadable: int
    prepared: By
    state: BatchState = BatchState.PREPARED
    version: int = 1
    started: By | None = None
    aborted: By | None = None
    ended_at: int | None = None
    settled: Mapping[Fate, int] = field(default_factory=dict, hash=False)
    runner: str | None = None
    moved: int = 0
    takes: int = 0
    """How often somebody took it up at `taken_at` without getting any further."""
    taken_at: int = 0

    @property
    def next(self) -> int:
        return sum(self.settled.values())

    @property
    def created_at(self) -> int:
        return self.prepared.at

    def stands(self, now: int) -> BatchState:
        late = self.state is BatchState.PREPARED and now > self.prepared.at + START_WITHIN_MS
        return BatchState.EXPIRED if late else self.state


def batch_id(actor: str, key: str) -> str:
    """The same request again names the same batch. Of any text: whether it is a key is judged beside it."""
    return sha256(f"{actor}#{key}".encode("utf-8", "surrogatepass")).hexdigest()[:24]


def names_a_batch(text: str) -> bool:
    return bool(_ID.fullmatch(text))


def batch_target(identity: str) -> str:
    return f"operation:{identity}"


def item_key(batch: Batch, position: int) -> str:
    """The same for whoever runs it: what one runner did, the next one finds done."""
    return f"{KEY_PREFIX}{batch.id}:{position}"


def request_digest(deed: Deed, of: str, fits: Mapping[str, str], before: int, reason: str) -> str:
    return digest({"verb": deed, "of": of, "fits": dict(fits), "before": before, "reason": reason})
