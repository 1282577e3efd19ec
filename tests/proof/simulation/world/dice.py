"""Randomness from one seed, a stream for each concern: what one concern draws never shifts what another one sees."""

import random


class Dice:
    """Seeded with text, so the streams depend on nothing but the seed (`Random` hashes text with SHA-512)."""

    def __init__(self, seed: int) -> None:
        self.plan = _stream(seed, "plan")
        self.faults = _stream(seed, "faults")
        self.latency = _stream(seed, "latency")
        self.deliveries = _stream(seed, "deliveries")
        self.clocks = _stream(seed, "clocks")
        self.worker = _stream(seed, "worker")
        self.production = _stream(seed, "production")
        self.versions = _stream(seed, "versions")
        self.repair = _stream(seed, "repair")
        self.fields = _stream(seed, "fields")
        self.desk = _stream(seed, "desk")
        self.senders = _stream(seed, "senders")
        self.scripts = _stream(seed, "scripts")
        self.orders = _stream(seed, "orders")
        self.operators = _stream(seed, "operators")
        self.rushes = _stream(seed, "rushes")
        self.batches = _stream(seed, "batches")
        self.starts = _stream(seed, "starts")
        self.limits = _stream(seed, "limits")
        self.unreadable = _stream(seed, "unreadable")


def _stream(seed: int, concern: str) -> random.Random:
    return random.Random(f"{seed}/{concern}")
