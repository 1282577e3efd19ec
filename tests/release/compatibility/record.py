"""`python -m tests.release.compatibility.record`: golden files of what is new.

One that is there is never written again.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.domain.definition import SagaDefinition
from saga_orchestrator.domain.errors import UnknownMessageKey
from saga_orchestrator.domain.render import render
from sagas.execution import EXECUTION_SAGA
from sagas.order import ORDER
from tests.release.compatibility.corpus import (
    COUNTER_SCHEMA,
    COUNTERS,
    EVENTS,
    ITEMS,
    NEWER_ITEMS,
    RECORDS,
    SCHEMA,
    WAITING_ITEMS,
    WAITING_SCHEMA,
    lacks,
    load,
    place,
    plain,
    text_of,
)
from tests.release.compatibility.decoding import decoded
from tests.release.compatibility.deployment import Json, OlderTable
from tests.release.compatibility.event_samples import VERSION, samples
from tests.release.compatibility.histories import HISTORIES
from tests.release.compatibility.newer_items import newer_items
from tests.release.compatibility.order_histories import ORDER_HISTORIES

RECORDED: Final = {
    "stub_started": 0,
    "running": 0,
    "running_inline": 0,
    "started": -1,
    "completed": -1,
    "failed": -1,
    "cancelled": -1,
    "late_start": -1,
    "limit_reached": -1,
    "early_failed": -1,
}
"""Histories whose stream is kept, and which record of the saga."""


def todays_items() -> Iterator[tuple[Path, Json]]:
    for name, history in HISTORIES.items():
        item = history.play().image()
        if item is None:
            msg = f"{name} stores nothing"
            raise ValueError(msg)
        yield place(ITEMS, SCHEMA, name), {"about": history.about, **what_is_read(item)}


def newer_codes_items() -> Iterator[tuple[Path, Json]]:
    for name, (about, item) in newer_items().items():
        yield place(NEWER_ITEMS, SCHEMA, name), {"about": about, **what_is_read(item)}


def todays_waiting_items() -> Iterator[tuple[Path, Json]]:
    for name, history in ORDER_HISTORIES.items():
        item = history.play().image("o-1", ORDER.name)
        if item is None:
            msg = f"{name} stores nothing"
            raise ValueError(msg)
        yield place(WAITING_ITEMS, WAITING_SCHEMA, name), {"about": history.about, **what_is_read(item, ORDER)}


def what_is_read(item: Json, definition: SagaDefinition = EXECUTION_SAGA) -> Json:
    """The item, the saga that today's code reads in it, its messages, and those that only newer code can render."""
    saga = decode(to_item(item))
    messages: dict[str, str] = {}
    newer: list[str] = []
    for key in (key for entry in saga.timeline for key in entry.messages):
        try:
            messages[key] = render(saga, key, definition).encode()
        except UnknownMessageKey:
            newer.append(key)
    return {"item": item, "saga": plain(saga), "messages": messages, "messages_of_newer_code": newer}


def todays_records() -> Iterator[tuple[Path, Json]]:
    for name, position in RECORDED.items():
        deployment = HISTORIES[name].play()
        of_sagas = [
            each for each in deployment.records() if not each["dynamodb"]["Keys"]["saga_name"]["S"].startswith("#")
        ]
        yield place(RECORDS, SCHEMA, name), what_is_relayed(HISTORIES[name].about, deployment, of_sagas[position])
    deployment = HISTORIES["completed"].play()
    deployment.now += 31 * 86_400_000
    deployment.aws.dynamodb.expire(deployment.now)
    removed = deployment.records()[-1]
    yield place(RECORDS, SCHEMA, "removed"), what_is_relayed("the retention has passed", deployment, removed)
    counter = HISTORIES["running"].play().records()[-1]
    yield place(RECORDS, COUNTER_SCHEMA, "counter"), what_is_relayed("a counter's change", OlderTable(), counter)


def what_is_relayed(about: str, deployment: OlderTable, record: Json) -> Json:
    """The record, the script that the bucket holds, what the relay answers and what it publishes."""
    scripts = {key: content.decode() for key, content in deployment.aws.s3.objects("payloads").items()}
    answer = deployment.relay(record)
    return {"about": about, "scripts": scripts, "record": record, "answer": answer, "published": deployment.texts()}


def todays_counters() -> Iterator[tuple[Path, Json]]:
    for name, taken in {"running": "one unit is taken", "completed": "it was given back"}.items():
        item = HISTORIES[name].play().image("#counter#python#0", "#counter")
        if item is None:
            msg = f"{name} counts nothing"
            raise ValueError(msg)
        yield place(COUNTERS, COUNTER_SCHEMA, name), {"about": taken, "item": item}


def todays_events() -> Iterator[tuple[Path, Json]]:
    for name, event in samples().items():
        yield place(EVENTS, VERSION, name), {"event": event, "decoded": plain(decoded(event))}


def says_the_same(kept: Json, today: Json) -> bool:
    """To the letter what is stored; of a decoded event everything that was known of it then, and a field more."""
    return lacks(kept, today) == [] if "decoded" in kept else kept == today


def write_new(made: Iterator[tuple[Path, Json]]) -> tuple[list[Path], list[Path]]:
    """The files that were written, and those that are there already and say something else."""
    written: list[Path] = []
    differing: list[Path] = []
    for file, content in made:
        if file.exists():
            differing += [] if says_the_same(load(file), content) else [file]
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(content), encoding="utf-8")
        written.append(file)
    return written, differing


def main() -> int:
    """In this order: histories are made of golden events, and newer items of golden ones."""
    refused = 0
    for make in (todays_events, todays_items, todays_waiting_items, newer_codes_items, todays_records, todays_counters):
        written, differing = write_new(make())
        refused += len(differing)
        sys.stdout.write("".join(f"wrote {file}\n" for file in written))
        sys.stdout.write("".join(f"NOT WRITTEN, says something else: {file}\n" for file in differing))
    if refused:
        sys.stdout.write("what is stored has changed: see tests/release/compatibility/README.md\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
