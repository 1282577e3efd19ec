"""Nobody can write a log line of their own, or a field that people or alarms trust, through an event."""

import itertools
import json
import string
from typing import Any, Final

import pytest

from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import OWN_FIELDS, event, eventbridge, kafka
from tests.release.security.printed import Printed

FORGED: Final = '{"level":"CRITICAL","message":"all is well","forged":true}'
PAYLOADS: Final = (
    f"x\n{FORGED}",
    f"x\r\n{FORGED}\r\n",
    f"x\u2028{FORGED}\u2029",
    f"x\x85{FORGED}\x0b{FORGED}",
    f'x","level":"CRITICAL","forged":true,"y":"{FORGED}',
    "x\x1b[2J\x1b[31mred",
    "x\x00y\x7f",
    "%s %(forged)s {forged} ${forged}",
    "\u202eevil",
)
PRINTABLE: Final = set(string.printable) - set("\r\x0b\x0c\t")


def places(good: dict[str, Any]) -> list[tuple[str, ...]]:
    """Every place of an event that takes text, one that is not known to the schema included."""
    text = [(name,) for name, value in good.items() if isinstance(value, str)]
    return [*text, *(("metadata", name) for name in (*good["metadata"], "user_id", "unknown")), ("unknown",)]


def forged(good: dict[str, Any], place: tuple[str, ...], payload: str) -> dict[str, Any]:
    if len(place) == 1:
        return {**good, place[0]: payload}
    return {**good, place[0]: {**good[place[0]], place[1]: payload}}


def check(text: str, at_least: int) -> None:
    lines = [json.loads(line) for line in text.split("\n") if line]
    assert len(lines) >= at_least, "each event leaves at least its own line"
    assert {line.get("level", "metric") for line in lines} <= {"INFO", "WARNING", "metric"}
    assert not [line for line in lines if "forged" in line]
    assert set(text) <= PRINTABLE, "control characters and direction marks reach no terminal"


@pytest.mark.parametrize("event_type", OWN_FIELDS)
def test_every_line_is_one_of_ours(
    world: World,
    event_type: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = Printed(world.at, capsys, monkeypatch)
    good = event(event_type)
    attempts = [
        {**forged(good, place, payload), **({} if place == ("execution_id",) else {"execution_id": f"ex-{number}"})}
        for number, (place, payload) in enumerate(itertools.product(places(good), PAYLOADS))
    ]
    # As a producer may write them: JSON has to escape control characters, and nothing else.
    raw = [json.dumps(attempt, ensure_ascii=False).encode() for attempt in attempts]

    world.function(event_type).run(kafka(*raw), Context())

    check(printed.text(), len(attempts))


def test_bytes_that_are_no_event_write_no_line_of_their_own(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = Printed(world.at, capsys, monkeypatch)
    records = [
        *(payload.encode() for payload in PAYLOADS),
        *(f'{{"event_type": {payload}'.encode() for payload in PAYLOADS),
        *(json.dumps({payload: payload}, ensure_ascii=False).encode() for payload in PAYLOADS),
    ]

    world.function("EXECUTION_STARTED").run(kafka(*records), Context())

    check(printed.text(), len(records))


@pytest.mark.parametrize("field", ["id", "source", "detail-type", "account", "region", "unknown"])
def test_an_envelope_writes_no_line_of_its_own(
    world: World,
    field: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """EventBridge makes the envelope; whoever may invoke the function can make one as well."""
    printed = Printed(world.at, capsys, monkeypatch)
    for payload in PAYLOADS:
        bad = event("EXECUTION_STARTED", pod_name=7)
        world.function("EXECUTION_STARTED").run({**eventbridge(bad), field: payload}, Context())

    check(printed.text(), len(PAYLOADS))
