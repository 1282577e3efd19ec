"""The deployment's choices that decisions depend on, and how a limit is split over counter shards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

MAX_SCRIPT_BYTES: Final = 1024 * 1024
CLOCK_TOLERANCE_MS: Final = 15 * 60 * 1000
"""How far ahead of ours a requester's clock may be; retention leaves room for it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Template parameters, as the core reads them. Limits: 0 means unlimited. Empty allow lists allow everything."""

    start_deadline_seconds: int = 300
    run_grace_seconds: int = 180
    request_max_age_seconds: int = 86_400
    max_timeout_seconds: int = 300
    retention_seconds: int = 30 * 86_400
    default_language_limit: int = 100
    language_limits: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    allowed_languages: frozenset[str] = frozenset()
    allowed_images: frozenset[str] = frozenset()
    admin_users: frozenset[str] = frozenset()
    counter_shards: int = 8
    deadline_shards: int = 8
    publish_commands: bool = True
    inline_script_max_bytes: int = 0
    payload_bucket: str = ""
    saga_settings: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    """By saga's name: numbers that its definition lets a deployment set."""

    def limit_of(self, resource: str) -> int:
        return self.language_limits.get(resource, self.default_language_limit)

    @property
    def stub_lifetime_seconds(self) -> int:
        """A stub outlives every request that could still be honoured, so no early event is forgotten too soon."""
        return self.request_max_age_seconds + 86_400


def shard_limits(limit: int, shards: int) -> tuple[int, ...]:
    """`limit` split as evenly as whole numbers allow; a shard may get 0. The sum is exactly `limit`."""
    share, rest = divmod(limit, shards)
    return tuple(share + (1 if shard < rest else 0) for shard in range(shards))
