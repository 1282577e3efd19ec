"""A world's settings, as template.yaml would set them, and what deployments make of them while work runs."""

import random
from typing import Final

from saga_testing.aws.account import QUEUE_URL
from tests.proof.simulation.world.scenario import ADMIN, LANGUAGES

REQUEST_MAX_AGE_SECONDS: Final = 7200
SCRIPT_BUCKET: Final = "users-scripts"
TOPIC_SHARE: Final = 0.3
MOST_INLINE: Final = "262144"
DEPLOYED_SHARE: Final = 0.25
"""Of the worlds with faults."""
STORM_SHARE: Final = 0.25
"""Of the worlds with deployments: so many that limits never come to rest."""

Settings = dict[str, str]


def is_hushed(settings: Settings) -> bool:
    """Commands are switched off."""
    return settings.get("PUBLISH_COMMANDS") == "false"


def draw_settings(dice: random.Random, *, calm: bool) -> Settings:
    limit = dice.choice((1, 1, 2, 2, 3, 0))
    topic = dice.random() < TOPIC_SHARE
    inlines_much = dice.random() < (0.4 if topic else 0.1)
    return {
        "SAGA_TABLE": "sagas",
        "PAYLOAD_BUCKET": "payloads",
        "REJECTED_QUEUE_URL": QUEUE_URL,
        "OPERATOR_TABLE": "operator",
        "EVENT_BUS_NAME": "bus",
        "ADMIN_USERS": ADMIN,
        "ALLOWED_SCRIPT_BUCKETS": SCRIPT_BUCKET,
        "PUBLISH_COMMANDS": "false" if not calm and dice.random() < 0.05 else "true",
        "ALLOWED_LANGUAGES": ",".join(LANGUAGES),
        "DEFAULT_LANGUAGE_LIMIT": str(limit),
        "COUNTER_SHARDS": str(dice.choice((1, 1, 2))),
        "DEADLINE_SHARDS": str(dice.choice((1, 2))),
        "START_DEADLINE_SECONDS": str(dice.choice((60, 300))),
        "RUN_GRACE_SECONDS": "180",
        "REQUEST_MAX_AGE_SECONDS": str(REQUEST_MAX_AGE_SECONDS),
        "RETENTION_DAYS": "1",
        "INLINE_SCRIPT_MAX_BYTES": MOST_INLINE if inlines_much else dice.choice(("0", "0", "0", "4096")),
        "KAFKA_TARGET_BOOTSTRAP": "broker:9092" if topic else "",
        "KAFKA_MODE": dice.choice(("on-demand", "provisioned")),
        "TOPIC_LAYOUT": dice.choice(("per-type", "per-type", "shared")),
        "BATCH_CONCURRENCY": dice.choice(("1", "4", "16")),
    }


def draw_deployments(
    dice: random.Random, settings: Settings, start: int
) -> tuple[list[tuple[int, Settings]], list[int]]:
    """When which settings come, and further runs of the checker: it is what brings limits."""
    deployments, checks = [], []
    many = dice.random() < STORM_SHARE
    count = dice.randint(5, 9) if many else dice.randint(1, 2)
    for moment in sorted(start + dice.randrange(120_000) for _ in range(count)):
        settings = _others(dice, settings)
        deployments.append((moment, settings))
        checks += [moment + dice.randrange(10_000) for _ in range(3 if many else 0)]
    return deployments, checks


def _others(dice: random.Random, settings: Settings) -> Settings:
    """Everything may change under running sagas but what a deployment replaces; `DeadlineShards` may only grow."""
    return settings | {
        "PUBLISH_COMMANDS": dice.choice(("true", "true", "false")),
        "ADMIN_USERS": dice.choice((ADMIN, ADMIN, "")),
        "ALLOWED_SCRIPT_BUCKETS": dice.choice((SCRIPT_BUCKET, SCRIPT_BUCKET, "")),
        "ALLOWED_LANGUAGES": dice.choice((",".join(LANGUAGES), LANGUAGES[0], "")),
        "LANGUAGE_LIMITS": dice.choice(("{}", "{}", '{"node": "closed"}', '{"node": "unlimited"}', '{"python": 2}')),
        "MAX_TIMEOUT_SECONDS": dice.choice(("300", "300", "20")),
        "RUN_GRACE_SECONDS": dice.choice(("180", "60")),
        "RETENTION_DAYS": dice.choice(("1", "2")),
        "BATCH_CONCURRENCY": dice.choice(("1", "4", "16")),
        "DEFAULT_LANGUAGE_LIMIT": str(dice.choice((0, 1, 2, 3))),
        "COUNTER_SHARDS": str(dice.choice((1, 2, 3))),
        "DEADLINE_SHARDS": str(int(settings["DEADLINE_SHARDS"]) + dice.choice((0, 1))),
        "START_DEADLINE_SECONDS": str(dice.choice((60, 300))),
        "INLINE_SCRIPT_MAX_BYTES": dice.choice(("0", "4096")),
    }
