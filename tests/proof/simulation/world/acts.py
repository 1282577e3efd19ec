"""What operators asked the API to do, what they were told, and which acts and changes the tables hold of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from saga_orchestrator.domain.instants import rfc3339
from saga_orchestrator.domain.operating.acts import ActKey, saga_target
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.other_targets import LimitDeed
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
    def meant(self) -> "Meant":
        return self.deed, self.reason

    @property
    def about(self) -> str:
        return self.execution_id

    @property
    def route(self) -> str:
        return f"sagas/{{name}}/{{key}}/{self.deed}"

    @property
    def path(self) -> dict[str, str]:
        return {"name": self.saga_name, "key": self.execution_id}

    @property
    def body(self) -> dict[str, Any]:
        return {"reason": self.reason}


@dataclass(frozen=True, slots=True)
class AskedOfLimit:
    """`version` and limit are those of If-Match: as often as it was overridden, and what was in force."""

    who: str
    actor: str
    deed: LimitDeed
    language: str
    key: str
    reason: str
    version: tuple[int, int] | None
    limit: int | None = None
    until: int | None = None
    about: str = ""
    """No saga."""

    @property
    def target(self) -> str:
        return limit_target(self.language)

    @property
    def event_id(self) -> str:
        return ActKey(target=self.target, actor=self.actor, key=self.key).event_id

    @property
    def meant(self) -> "Meant":
        return self.deed, self.reason, self.limit, self.until

    @property
    def route(self) -> str:
        return f"slots/{{language}}/{self.deed}"

    @property
    def path(self) -> dict[str, str]:
        return {"language": self.language}

    @property
    def body(self) -> dict[str, Any]:
        until = rfc3339(self.until) if self.until is not None else None
        told = {"reason": self.reason, "limit": self.limit, "until": until}
        return {name: value for name, value in told.items() if value is not None}


AnyAsked: TypeAlias = Asked | AskedOfLimit
Meant: TypeAlias = tuple[Any, ...]
"""What a key stands for: the verb and all that goes with it."""


def limit_target(language: str) -> str:
    """As acts name it."""
    return f"slots:{language}"


@dataclass(frozen=True, slots=True)
class Told:
    asked: AnyAsked
    status: int
    code: str
    replayed: bool


@dataclass(slots=True, eq=False)
class Acts:
    """`changes`: by act's event id, the version that the write with it has made of each saga; `tables` reads acts."""

    items: Callable[[], Iterable[dict[str, Any]]]
    changes: dict[str, list[tuple[Key, int]]] = field(default_factory=dict)
    done: dict[str, Meant] = field(default_factory=dict)
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
