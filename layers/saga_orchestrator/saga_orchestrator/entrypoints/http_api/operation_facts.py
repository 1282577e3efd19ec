"""An operation and its set, as programs and people read them."""

from typing import Any

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.application.batches.keeping import Settled
from saga_orchestrator.application.moments import moment
from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.batches import START_WITHIN_MS, Batch, BatchState, By, Chosen, Fate

from .objects_as_text import encoded

Facts = dict[str, Any]

PARTS_OF_A_FILTER = ("reason", "step", "saga_name", "language")


def tag(batch: Batch) -> str:
    """It changes when the operation is begun, aborted or over, not while it goes on."""
    return f'"v{batch.version}-{batch.created_at}"'


def shown(api: ApiResources, batch: Batch) -> Facts:
    stands = batch.stands(api.at.clock())
    return {
        "id": batch.id,
        "verb": batch.deed,
        "of": batch.of,
        "filter": {part: batch.fits.get(part) for part in PARTS_OF_A_FILTER},
        "before": moment(batch.before),
        "state": stands,
        "count": batch.count,
        "unreadable": batch.unreadable,
        "progress": {**{fate: batch.settled.get(fate, 0) for fate in Fate}, "left": batch.count - batch.next},
        "prepared": _by(batch.prepared),
        "started": _by(batch.started),
        "aborted": _by(batch.aborted),
        "start_before": moment(batch.prepared.at + START_WITHIN_MS) if batch.state is BatchState.PREPARED else None,
        "moved_at": moment(batch.moved),
        "ended_at": moment(batch.ended_at),
        "etag": tag(batch),
    }


def page_of_items(api: ApiResources, batch: Batch, begin: int, size: int) -> Facts:
    """From `begin` on, in the order in which they are gone through."""
    end = min(begin + size, batch.count)
    chosen = api.batches.chosen(batch, begin, end)
    fates = api.batches.fates(batch, begin, end) if batch.next > begin else {}
    items = [_item(position, each, fates.get(position)) for position, each in enumerate(chosen, begin)]
    following = encoded({"operation": batch.id, "next": end}) if end < batch.count else None
    return {"items": items, "next_page_token": following}


def _item(position: int, chosen: Chosen, settled: Settled | None) -> Facts:
    return {
        "position": position,
        "execution_id": chosen.execution_id,
        "saga_name": chosen.saga_name,
        "step": chosen.step,
        "seen": f'"v{chosen.version}-{chosen.created}"',
        "outcome": settled.fate if settled is not None else None,
        "code": settled.code or None if settled is not None else None,
    }


def _by(by: By | None) -> Facts | None:
    if by is None:
        return None
    return {"at": rfc3339(by.at), "actor": by.actor, "door": by.door, "role": by.role, "reason": by.reason}
