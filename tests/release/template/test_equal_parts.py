"""What is written once under an anchor stays one contract: functions differ only where a reason is given."""

import re
from collections import Counter

from saga_orchestrator.domain.events import EventType
from tests.release.template.checks import equal_parts
from tests.release.template.deployment import ORDER_EVENTS, TEMPLATE

LINES_OF_A_SCREEN = 130
"""What fits on a large screen: function, log group, retries, two alarms, topic rights and both mappings."""


def test_event_functions_differ_only_where_a_reason_is_given() -> None:
    assert list(equal_parts.complaints(TEMPLATE)) == []


def test_what_belongs_to_one_event_stands_together_on_one_screen() -> None:
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
    first, last = lines.index("Resources:"), lines.index("Outputs:")
    resources = [
        (number, line.strip(" :"))
        for number, line in enumerate(lines)
        if first < number < last and line[:2] == "  " and line[2:3].isupper()
    ]
    for event in (*EventType, *ORDER_EVENTS, "SAGA_EVENT", "COMMAND_REPLY"):
        camel = "".join(part.title() for part in event.split("_"))
        own = [number for number, name in resources if name.startswith(camel)]
        between = [name for number, name in resources if own[0] <= number <= own[-1] and not name.startswith(camel)]

        assert between == []
        assert own[-1] - own[0] <= LINES_OF_A_SCREEN + 50 * (event is EventType.REQUESTED)  # where the anchors are


def test_every_anchor_is_named_somewhere_and_no_name_is_given_twice() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    anchors = Counter(re.findall(r"(?<=[ \[])&([a-z][a-z-]*)", text))
    aliases = set(re.findall(r"(?<=[ \[])\*([a-z][a-z-]*)", text))

    assert set(anchors) == aliases
    assert max(anchors.values()) == 1
