"""What the first events of a batch are about, read in one call: an event that knows its saga need not write to find it.

A hint, and never the truth. A write holds only where the version that was read is still the stored one, as after a
refused put, which returns the winner. What is not in the answer is found as a single event finds it: what is not there,
what a throttle left out, what cannot be read, and all of it where nothing could be read.
"""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from saga_orchestrator.bootstrap import Resources
from saga_orchestrator.domain.saga import Saga

SagaKey = tuple[str, str]
"""Execution id and saga name."""
Known = Mapping[SagaKey, Saga]

NOTHING: Final[Known] = MappingProxyType({})
MOST_KEYS: Final = 100
"""In one BatchGetItem (DynamoDB API reference)."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""One key that the table would refuse spoils the answer for all."""


def read_ahead(at: Resources, wanted: Iterable[SagaKey]) -> Known:
    """The sagas of `wanted`; of fewer than two none, since one event alone is as quick without."""
    keys = [key for key in dict.fromkeys(wanted) if _ID.fullmatch(key[0])]
    if len(keys) < 2:
        return NOTHING
    parts = [keys[first : first + MOST_KEYS] for first in range(0, len(keys), MOST_KEYS)]
    return {key: saga for part in at.executor.map(partial(_read, at), parts) for key, saga in part.items()}


def _read(at: Resources, keys: list[SagaKey]) -> Known:
    try:
        return at.store.get_many(keys)
    except Exception as failure:  # noqa: BLE001 - a hint that fails holds up nothing: each event finds its own saga
        at.telemetry.warn("batch not read ahead", cause=type(failure).__name__)
        return NOTHING
