"""Operations as the operators' table has them: each frozen set, what became of each saga of it, and who acted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from saga_orchestrator.adapters.operators.batch_items import decode_head, decode_part
from saga_orchestrator.domain.operating.acts import ActKey, saga_target
from saga_orchestrator.domain.operating.batches import Batch, BatchState, Chosen, item_key
from tests.proof.simulation.world.acts import Acts
from tests.proof.simulation.world.saga_image import SagaImage

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """One saga of a frozen set, and the act by which its operation would change it."""

    chosen: Chosen
    fate: str | None
    target: str
    event_id: str


@dataclass(slots=True, eq=False)
class Operations:
    """`stands`: a saga by name and key, as it stands now."""

    acts: Acts
    items: Callable[[], Iterable[Item]]
    stands: Callable[[tuple[str, str]], SagaImage | None]
    aborted: dict[str, tuple[int, int]] = field(default_factory=dict)
    """When it was first seen aborted: how many sagas had a fate, and how many its acts had changed."""
    judged: set[tuple[str, int]] = field(default_factory=set)
    """Fates that were compared with the saga as it stood when they were written."""

    def all(self) -> Iterator[tuple[Batch, list[Place]]]:
        mine: dict[str, list[Item]] = {}
        for item in self.items():
            if item["pk"]["S"].startswith("operation#"):
                mine.setdefault(item["pk"]["S"], []).append(item)
        for items in mine.values():
            by_key = {item["sk"]["S"]: item for item in items}
            if "head" in by_key:
                batch = decode_head(by_key["head"])
                yield batch, list(_places(batch, by_key))

    @property
    def running(self) -> bool:
        return any(batch.state is BatchState.RUNNING for batch, _ in self.all())

    def changes(self, places: list[Place]) -> int:
        return sum(len(self.acts.changes.get(place.event_id, ())) for place in places)


def _places(batch: Batch, by_key: dict[str, Item]) -> Iterator[Place]:
    # Of two attempts to freeze it the one counts whose content the operation names.
    parts = sorted(key for key in by_key if key.startswith(f"set#{batch.content}#"))
    chosen = [each for key in parts for each in decode_part(by_key[key])]
    for position, each in enumerate(chosen):
        target = saga_target(each.saga_name, each.execution_id)
        actor = (batch.started or batch.prepared).actor
        fate = by_key.get(f"fate#{position:05d}", {}).get("fate", {}).get("S")
        yield Place(each, fate, target, ActKey(target=target, actor=actor, key=item_key(batch, position)).event_id)
