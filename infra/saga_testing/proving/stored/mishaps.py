"""Each fault of AWS, and each end of a process, at each call of each delivery and of the relay after it.

Whatever goes wrong, the source delivers again: in the end everything is stored and sent as the core decided, once.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from saga_testing.faults import Fault, possible_at
from saga_testing.proving.playing import Players
from saga_testing.proving.searching import Finding, Mishap
from saga_testing.proving.situation import Kind, Move, Played
from saga_testing.proving.stored.mirror import Mirror
from saga_testing.proving.stored.trials import Trial, Trials
from saga_testing.proving.stored.way import Stop, heard_at, stops, when_heard
from saga_testing.proving.subject import Subject

ALIKE: Final = {Fault.PASSING_ANSWER, Fault.NO_ANSWER, Fault.THROTTLED}
"""To whoever decides about a saga they are what no answer at all is, and that one stands for them."""


class Mishaps(Trials):
    """Every fault at every call of every delivery."""

    def trials_of(self, subject: Subject) -> Iterator[Trial]:
        for stop, played in deliveries(subject):
            for number, fault in _faults_at(subject, stop, played):
                yield partial(_trial, subject, stop, played, number, fault)


def _trial(subject: Subject, stop: Stop, played: Played, number: int, fault: Fault) -> Finding | None:
    wrong = _suffer(subject, stop, played, number, fault)
    if wrong is None:
        return None
    mishap = Mishap(number + 1, fault)
    # Here the checker came when something was due; told as a story, that is time which passes until then.
    last = replace(played.move, kind=Kind.TIME) if played.move.kind is Kind.WAKE else played.move
    return Finding(f"{fault} (call {mishap.call}): {wrong}", (*stop.moves, last), subject, mishap)


def deliveries(subject: Subject) -> Iterator[tuple[Stop, Played]]:
    """Everything that would be heard at some stop of the way, the start included."""
    for stop in stops(subject):
        for move in heard_at(subject, stop.here, also=lambda move: move.kind is Kind.START):
            here = when_heard(stop.here, (move,))
            yield stop, Players(subject).play(here, move)


def _faults_at(subject: Subject, stop: Stop, played: Played) -> Iterator[tuple[int, Fault]]:
    """By the calls that are made where nothing goes wrong."""
    mirror = _at(subject, stop, played)
    mirror.stage.all_goes_well().clear()
    _carry_out(mirror, played.move)
    for number, operation in enumerate([*mirror.stage.all_goes_well()]):
        yield from ((number, fault) for fault in possible_at(operation) if fault not in ALIKE)


def _suffer(subject: Subject, stop: Stop, played: Played, number: int, fault: Fault) -> str | None:
    mirror = _at(subject, stop, played)
    mirror.stage.goes_wrong(number, fault)
    sent, done = _carry_out(mirror, played.move)
    mirror.stage.all_goes_well()
    if not done:
        return "it is delivered again and again, and never taken"
    if sorted(sent) != sorted(played.sent):
        return f"published {' '.join(sent) or 'nothing'}, decided {' '.join(played.sent) or 'nothing'}"
    return mirror.differs(mirror.stage.saga, played.after.saga)


def _at(subject: Subject, stop: Stop, played: Played) -> Mirror:
    mirror = stop.mirror(subject)
    mirror.stage.deployment.now = played.after.now
    return mirror


def _carry_out(mirror: Mirror, move: Move) -> tuple[list[str], bool]:
    """The delivery and the relay, each until its source may forget it; the messages that nobody has had before."""
    stage = mirror.stage
    taken = stage.until_acknowledged(lambda: mirror.is_taken(move))
    relayed = stage.until_acknowledged(stage.deployment.relay_stream)
    return [body["message_id"].rpartition(":")[2] for body in stage.news()], taken and relayed
