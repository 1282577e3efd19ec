"""What operators asked the API to do, what they were told, and which acts and changes the tables hold of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from saga_orchestrator.domain.operating.acts import ActKey, saga_target
from saga_orchestrator.domain.operating.authority import Deed
from tests.proof.simulation.world.saga_image import SagaImage

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """`version` and creation are those of If-Match, where he sends it."""

    who: str
    actor: str
    deed: Deed
    saga_name: str
    execution_id: str
    key: str
    reason: str
    version: tuple[int, int] | None

    @property
    def target(self) -> str:
        return saga_target(self.saga_name, self.execution_id)

    @property
    def event_id(self) -> str:
        """By which the saga's timeline knows it."""
        return ActKey(target=self.target, actor=self.actor, key=self.key).event_id

    @property
    def meant(self) -> tuple[Deed, str]:
        return self.deed, self.reason


@dataclass(frozen=True, slots=True)
class Told:
    asked: Asked
    status: int
    code: str
    replayed: bool


@dataclass(slots=True, eq=False)
class Acts:
    """`changes`: by act's event id, the version that the write with it has made of each saga; `tables` reads acts."""

    items: Callable[[], Iterable[dict[str, Any]]]
    changes: dict[str, list[tuple[Key, int]]] = field(default_factory=dict)
    done: dict[str, tuple[Deed, str]] = field(default_factory=dict)
    """By the act's event id: what its key was first taken for."""
    told_as_new: set[str] = field(default_factory=set)
    """Acts that somebody was told to have done just now; whoever asks after him is told that they were done before."""

    def sees(self, name: str, old: SagaImage | None, new: SagaImage | None) -> None:
        """A saga was written."""
        if new is None:
            return
        for event_id in told_by(new) - (told_by(old) if old is not None else set()):
            self.changes.setdefault(event_id, []).append(((name, new.key), new.version))

    def of(self, target: str) -> dict[str, dict[str, Any]]:
        """The acts on it, by their event ids."""
        found = {}
        for item in self.items():
            if item["pk"]["S"] == f"act#{target}":
                key = ActKey(target=target, actor=item["actor"]["S"], key=item["sk"]["S"].rpartition("#")[2])
                found[key.event_id] = item
        return found


def told_by(saga: SagaImage) -> set[str]:
    """The acts that its timeline, or its stub, tells."""
    early = {each["e"]["S"].split(" ")[2] for each in saga.early if len(each["e"]["S"].split(" ")) > 2}
    return {each for each in {*early, *(entry.event_id for entry in saga.timeline)} if each.startswith("act:")}
