"""The deployment's choices that decisions depend on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

MAX_SCRIPT_BYTES: Final = 1024 * 1024
CLOCK_TOLERANCE_MS: Final = 15 * 60 * 1000
"""How far ahead of ours a requester's clock may be; retention leaves room for it."""
MOST_SLOTS: Final = 9_999_999
"""Of one language, or of whatever else a saga takes slots of."""
_RESOURCE: Final = re.compile(r"[a-z0-9][a-z0-9+._-]{0,63}", re.ASCII)


def names_a_resource(text: str) -> bool:
    """A language, or whatever else a saga takes slots of: the name is part of a counter's key."""
    return bool(_RESOURCE.fullmatch(text))


class Without(StrEnum):
    """What a language may have instead of a number of slots."""

    UNLIMITED = "unlimited"
    CLOSED = "closed"
    """It takes no new work. What runs goes on, and so does every undo."""


Limit = int | Without
"""How many may run at the same time."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Template parameters, as the core reads them. A default limit of 0 is none. Empty allow lists allow everything."""

    start_deadline_seconds: int = 300
    run_grace_seconds: int = 180
    request_max_age_seconds: int = 86_400
    max_timeout_seconds: int = 300
    retention_seconds: int = 30 * 86_400
    default_language_limit: int = 100
    language_limits: Mapping[str, Limit] = field(default_factory=lambda: MappingProxyType({}))
    allowed_languages: frozenset[str] = frozenset()
    allowed_images: frozenset[str] = frozenset()
    admin_users: frozenset[str] = frozenset()
    counter_shards: int = 8
    deadline_shards: int = 8
    publish_commands: bool = True
    confirm_deletes: bool = False
    """An execution rests until the end of its pod is confirmed, and gives its slot back only then."""
    inline_script_max_bytes: int = 0
    payload_bucket: str = ""
    saga_settings: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    """By saga's name: numbers that its definition lets a deployment set."""

    def limit_of(self, resource: str) -> Limit:
        return self.language_limits.get(resource, self.default_language_limit) or Without.UNLIMITED

    @property
    def stub_lifetime_seconds(self) -> int:
        """A stub outlives every request that could still be honoured, so no early event is forgotten too soon."""
        return self.request_max_age_seconds + 86_400
