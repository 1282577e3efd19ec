"""Numbering messages: a key names a kind and its occurrence, so a repeated message is a new message."""

from dataclasses import replace

from .saga import Saga, TimelineEntry


def emit(saga: Saga, entry: TimelineEntry, kinds: tuple[str, ...]) -> Saga:
    """`saga` with `entry` in its timeline and exactly the messages of this write in its outbox."""
    keys = tuple(f"{kind}#{saga.occurrences(kind) + 1}" for kind in kinds)
    return replace(saga, timeline=(*saga.timeline, replace(entry, messages=keys)), outbox=keys)
