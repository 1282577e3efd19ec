"""What goes wrong, and how often: each seed draws a rate for each kind of fault, often zero, so that rare ones meet."""

import random
from collections import Counter
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    CRASH_BEFORE_CALL = "crash before call"
    CRASH_AFTER_CALL = "crash after call"
    APPLIED_BUT_ERROR = "applied, yet an error"
    NOT_APPLIED = "no answer, not applied"
    THROTTLED = "throttled"
    PASSING_ANSWER = "answer that says nothing of the request"
    NO_ANSWER = "a 200 that is no answer"
    SHORT_PAGE = "page with a continuation"
    AMBIGUOUS_CONDITION = "condition failed on own write"
    TRANSACTION_CONFLICT = "transaction conflict"
    SLOW_CALL = "slow call"
    PUT_EVENTS_PARTLY = "PutEvents fails for an entry"
    PUT_EVENTS_REFUSED = "entry refused for good"
    PUT_EVENTS_FAILS = "PutEvents fails"
    BUS_OUTAGE = "bus outage"
    TOPIC_FAILS = "delivery to the topic fails"
    TOPIC_REFUSES = "message refused by the topic"
    TOPIC_STALLS = "flush to the topic times out"
    TOPIC_QUEUE_FULL = "queue to the topic full"
    TOPIC_BREAKS = "producer breaks for good"
    REJECTING_FAILS = "rejecting or payload store fails"
    DUPLICATE = "duplicate delivery"
    REORDER = "reordered delivery"
    DELAY = "delivery delayed by hours"
    REBALANCE = "rebalance redelivers"
    TOPIC_RECREATED = "topic recreated"
    SECOND_CLUSTER = "record of another cluster"
    POISON = "poison neighbour"
    FOREIGN = "event from a foreign source"
    STREAM_AGAIN = "stream batch delivered twice"
    STREAM_BLOCKED = "stream lane blocked"
    STREAM_TRIMMED = "stream older than it is kept"
    SHARD_SPLIT = "shard of the stream split"
    NEWER_KEY = "message key of newer code"
    INDEX_LAG = "index lag"
    CLOCK_SKEW = "clock skew"
    CLOCK_JUMP = "clock jump"
    CLOCK_REFUSED = "clock off by more than AWS takes"
    CHECK_SKIPPED = "schedule skipped"
    CHECK_DOUBLED = "schedule doubled"
    CHECK_OVERLAPS = "checks overlap"
    CONTAINER_REPLACED = "container replaced"
    CONTAINER_STALE = "container with old settings"
    SETTINGS_CHANGE = "settings changed"
    WORKER_SLOW = "worker slow"
    WORKER_DOWN = "worker down"
    WORKER_REPEATS = "worker reports twice"
    WORKER_DISORDER = "worker reports in wrong order"
    WORKER_SILENT = "pod never reports"
    TTL_LATE = "TTL deletion late"
    REPUBLISHED = "an operator has all sent again"
    RECONCILED = "an operator reconciles"
    REDRIVEN = "an operator redrives what was set aside"
    SCRIPT_GONE = "script gone from the bucket"
    SENDER_CLOCK = "sender's clock off"
    DROPPED = "an operator drops what was set aside"
    OTHER_VERSION = "another code version"
    UNUSABLE_FIELDS = "fields that break their rules"
    UNREADABLE = "saga unreadable for a while"
    OPERATED = "an operator acts through the API"
    OVERRIDDEN = "an operator overrides a limit"
    ANSWER_LOST = "answer of the API lost"
    WAKE_LOST = "wake lost"


class Met(StrEnum):
    """What comes of itself, without a draw. Counted apart: it is no injected fault."""

    TIMED_OUT = "function timed out"
    TRANSACTION_CONFLICT = "transaction met a transaction"
    WRITE_CONFLICT = "write met a transaction"


MOST_OFTEN: Final[dict[Fault, float]] = {
    Fault.CRASH_BEFORE_CALL: 0.08,
    Fault.CRASH_AFTER_CALL: 0.08,
    Fault.APPLIED_BUT_ERROR: 0.15,
    Fault.NOT_APPLIED: 0.15,
    Fault.THROTTLED: 0.15,
    Fault.PASSING_ANSWER: 0.12,
    Fault.NO_ANSWER: 0.08,
    Fault.SHORT_PAGE: 0.5,
    Fault.AMBIGUOUS_CONDITION: 0.25,
    Fault.TRANSACTION_CONFLICT: 0.30,
    Fault.SLOW_CALL: 0.10,
    Fault.PUT_EVENTS_PARTLY: 0.35,
    Fault.PUT_EVENTS_REFUSED: 0.06,
    Fault.PUT_EVENTS_FAILS: 0.30,
    Fault.BUS_OUTAGE: 0.10,
    Fault.TOPIC_FAILS: 0.30,
    Fault.TOPIC_REFUSES: 0.06,
    Fault.TOPIC_STALLS: 0.15,
    Fault.TOPIC_QUEUE_FULL: 0.20,
    Fault.TOPIC_BREAKS: 0.06,
    Fault.REJECTING_FAILS: 0.40,
    Fault.DUPLICATE: 0.60,
    Fault.REORDER: 0.60,
    Fault.DELAY: 0.08,
    Fault.REBALANCE: 0.30,
    Fault.TOPIC_RECREATED: 0.60,
    Fault.POISON: 0.40,
    Fault.FOREIGN: 0.40,
    Fault.STREAM_AGAIN: 0.20,
    Fault.STREAM_BLOCKED: 0.20,
    Fault.STREAM_TRIMMED: 0.05,
    Fault.SHARD_SPLIT: 0.10,
    Fault.NEWER_KEY: 0.15,
    Fault.INDEX_LAG: 1.0,
    Fault.CLOCK_SKEW: 1.0,
    Fault.CLOCK_JUMP: 0.08,
    Fault.CLOCK_REFUSED: 0.06,
    Fault.CHECK_SKIPPED: 0.40,
    Fault.CHECK_DOUBLED: 0.50,
    Fault.CHECK_OVERLAPS: 0.50,
    Fault.CONTAINER_REPLACED: 0.40,
    Fault.CONTAINER_STALE: 0.50,
    Fault.SETTINGS_CHANGE: 0.60,
    Fault.WORKER_SLOW: 0.40,
    Fault.WORKER_DOWN: 0.30,
    Fault.WORKER_REPEATS: 0.50,
    Fault.WORKER_DISORDER: 0.50,
    Fault.WORKER_SILENT: 0.25,
    Fault.TTL_LATE: 1.0,
    Fault.ANSWER_LOST: 0.50,
    Fault.WAKE_LOST: 0.30,
}
"""The highest rate a seed can draw: of a call, a delivery, an invocation or a world, as fits the fault."""

_ANY_CALL: Final = (
    Fault.CRASH_BEFORE_CALL,
    Fault.CRASH_AFTER_CALL,
    Fault.NOT_APPLIED,
    Fault.THROTTLED,
    Fault.SLOW_CALL,
    Fault.PASSING_ANSWER,
    Fault.NO_ANSWER,
)
_OF_CALL: Final[dict[str, tuple[Fault, ...]]] = {
    "read": _ANY_CALL,
    "write": (
        *_ANY_CALL,
        Fault.APPLIED_BUT_ERROR,
        Fault.AMBIGUOUS_CONDITION,
        Fault.TRANSACTION_CONFLICT,
    ),
    "transaction": (*_ANY_CALL, Fault.APPLIED_BUT_ERROR, Fault.TRANSACTION_CONFLICT),
    "put_events": (*_ANY_CALL, Fault.APPLIED_BUT_ERROR, Fault.PUT_EVENTS_FAILS),
    "rejecting": (*_ANY_CALL, Fault.APPLIED_BUT_ERROR, Fault.REJECTING_FAILS),
    "topic": (
        Fault.CRASH_BEFORE_CALL,
        Fault.CRASH_AFTER_CALL,
        Fault.TOPIC_FAILS,
        Fault.TOPIC_STALLS,
        Fault.TOPIC_BREAKS,
    ),
}


class Weather:
    """One world's rates. `calm` worlds have none; `clear` ends the chaos for good."""

    def __init__(
        self, dice: random.Random, *, calm: bool, silenced: frozenset[str], suppressed: frozenset[int]
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.struck = 0
        self._dice = dice
        self._suppressed = suppressed
        drawn = {fault: _rate(dice, most) for fault, most in MOST_OFTEN.items()}
        self.rates: dict[Fault, float] = (
            {} if calm else {fault: rate for fault, rate in drawn.items() if rate and fault not in silenced}
        )
        self._call_tables = {
            group: [(fault, self.rates[fault]) for fault in faults if fault in self.rates]
            for group, faults in _OF_CALL.items()
        }

    @property
    def is_clear(self) -> bool:
        return not self.rates

    def clear(self) -> None:
        self.rates = {}
        self._call_tables = {group: [] for group in _OF_CALL}

    def strikes(self, fault: Fault) -> bool:
        rate = self.rates.get(fault)
        if rate is None or self._dice.random() >= rate:
            return False
        return self._count(fault)

    def of_call(self, group: str) -> Fault | None:
        """At most one fault for a call of this group."""
        table = self._call_tables[group]
        if not table:
            return None
        point = self._dice.random()
        for fault, rate in table:
            if point < rate:
                return fault if self._count(fault) else None
            point -= rate
        return None

    def note(self, fault: Fault) -> None:
        """Count a fault that was drawn with the plan."""
        self.counts[fault] += 1

    def meet(self, what: Met) -> None:
        self.met[what] += 1

    def _count(self, fault: Fault) -> bool:
        self.struck += 1
        if self.struck in self._suppressed:
            return False
        self.counts[fault] += 1
        return True


def _rate(dice: random.Random, most: float) -> float:
    """Zero nearly every other time; else anything up to `most`."""
    present, strength = dice.random(), dice.random()
    return most * strength if present < 0.6 else 0.0
