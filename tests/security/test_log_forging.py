"""Nobody can write a log line of their own, or a field that people or alarms trust, through an event."""

import itertools
import json
import string
from typing import Any, Final

import pytest

from tests.handlers.conftest import Context, World, world  # noqa: F401 - a fixture is found by its name here
from tests.sample_events import OWN_FIELDS, event, kafka
from tests.security.printed import Printed

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


@pytest.mark.parametrize("event_type", OWN_FIELDS)
def test_every_line_is_one_of_ours(
    world: World,  # noqa: F811 - the fixture's value
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

    world.function(event_type).run(kafka(*attempts), Context())
    text = printed.text()
    lines = _parsed(text)

    assert len(lines) >= len(attempts), "each event leaves at least its own line"
    assert {line.get("level", "metric") for line in lines} <= {"INFO", "WARNING", "metric"}
    assert not [line for line in lines if "forged" in line]
    assert set(text) <= PRINTABLE, "control characters and direction marks reach no terminal"


def _parsed(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n") if line]
