"""A run as the lines of a `Scenario` that anyone can replay."""

import re
from collections.abc import Iterator

from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.render import SAGA_MESSAGES, WAITING_MESSAGES
from saga_testing.proving.playing import played
from saga_testing.proving.searching import Crossed, Finding
from saga_testing.proving.signals import data_told
from saga_testing.proving.situation import Kind, Move, Played
from saga_testing.proving.subject import Subject

DOES = {
    Answer.DONE: "its participant does it",
    Answer.REFUSED: "its participant refuses",
    Answer.FAILED: "its participant fails",
    None: "lost, or its participant is silent",
}


def lines_of(finding: Finding, name: str = "DEFINITION") -> list[str]:
    """A test's body, whose last line says what is wrong.

    Of a run, it goes through with the engine as it is. Where AWS was made to fail, or deliveries came at the same time,
    its expectations are what is right: it fails for as long as the engine does otherwise.
    """
    subject = finding.subject
    settings = f", settings={dict(subject.settings)!r}" if subject.settings else ""
    crossed = finding.crossed
    runs = [*played(subject, finding.moves[: len(finding.moves) - len(crossed.together if crossed else ())])]
    steps = [line for each in runs for line in _of(subject, each)]
    if finding.mishap is not None:
        *before, last = runs
        wrong = f"s.goes_wrong({finding.mishap.call}, Fault.{finding.mishap.fault.name})"
        steps = [line for each in before for line in _of(subject, each)]
        steps += [wrong, *_of(subject, last), *_told(last), _stands(last)]
    if crossed is not None:
        steps += [*([f"s.unseen({crossed.seconds})"] if crossed.seconds else []), *_crossing(subject, crossed)]
        settings += ", answers_lost=True" if crossed.answers_lost else ""
    return [f"s = Scenario({name}, key={subject.key!r}{settings})", *steps, f"# {finding.wrong}"]


def _of(subject: Subject, each: Played) -> Iterator[str]:
    yield _what_happens(subject, each)
    if each.rejected is not None:
        yield f"s.is_rejected({str(each.rejected.reason)!r})"
    elif each.move.kind is Kind.OPERATE and each.decision is not None and each.decision.told is not None:
        yield f"s.is_rejected({str(each.decision.told)!r})"
    for key in each.sent:
        kind, _, occurrence = key.partition("#")
        if kind in subject.definition.messages:
            asking = subject.asking.get(kind)
            attempt = f", attempt={occurrence}" if asking is not None and asking.is_awaited else ""
            yield f's.expects("{subject.definition.messages[kind].type}"{attempt})'


def _crossing(subject: Subject, crossed: Crossed) -> Iterator[str]:
    """The first delivery, into which the others come."""
    lines = [_what_happens(subject, each) for each in crossed.together]
    inner = ""
    for line, cut in zip(reversed(lines[1:]), reversed(crossed.cuts), strict=True):
        inner = f"s.meanwhile({cut + 1}, lambda: {f'({inner}, {line})' if inner else line})"
    yield from (inner, lines[0])
    yield "assert s.standing in ("
    yield from (f"    {each!r}," for each in crossed.allowed)
    yield ")"


def _told(each: Played) -> Iterator[str]:
    """What the saga says of itself, which a story expects by itself otherwise."""
    for key in each.sent:
        if spec := {**SAGA_MESSAGES, **WAITING_MESSAGES}.get(key.partition("#")[0]):
            yield f's.says("{spec.type}")'


def _stands(each: Played) -> str:
    saga = each.after.saga
    if saga is None or saga.state.is_terminal:
        return f's.ends("{saga.state}")' if saga is not None else "s.expects_nothing()"
    return f's.goes_on("{saga.state}")'


def _what_happens(subject: Subject, each: Played) -> str:
    move = each.move
    if move.lost and move.kind is Kind.REPLY:
        return f"# the answer to {move.about} is lost"
    if move.kind in {Kind.REPLY, Kind.ECHO, Kind.STRAY}:
        return _reply(subject, move)
    passed = round((each.after.now - each.before.now) / 1000, 3)
    return {
        Kind.START: _start(subject, move),
        Kind.COMMAND: f"# {move.about}: {DOES[move.answer]}",
        Kind.TIME: f"s.after({passed})",
        Kind.WAKE: "s.looks()" if passed == 0 else f"s.after({passed})  # somebody looks before anything is due",
        Kind.CANCEL: f"s.cancels(by={move.actor!r})",
        Kind.REPORT: f's.reports("{move.about}", by={move.actor!r})',
        Kind.OPERATE: f's.operator({move.verb}, "{move.about}")',
    }[move.kind]


def _start(subject: Subject, move: Move) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in subject.input.items())
    return f"s.starts({fields})" + ("  # no slot is free" if move.no_room else "")


def _reply(subject: Subject, move: Move) -> str:
    told = data_told(subject, move)
    usual = subject.data_of(subject.asking[move.about.partition("#")[0]].step)
    data = f", data={told!r}" if not move.usable or (told and told != usual) else ""
    reason = ', reason="out_of_it"' if move.answer is Answer.REFUSED else ""
    return f's.replies({move.answer}, to="{move.about}"{data}{reason})'


def in_short(wrong: str) -> str:
    """An oracle's name as a sentence."""
    return re.sub(r"^(\w+): ", lambda found: found[1].replace("_", " ") + ": ", wrong)
