"""Random and mutated input never gets an error out of the decoder that is not one of the two it promises."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.decoding import ForeignEventType, decode_event
from saga_orchestrator.entrypoints.strict_json import decode_base64, parse_object
from saga_testing.samples.sample_events import OWN_FIELDS, event

EXAMPLES: Final = 200
P99_SECONDS: Final = 0.005
GOOD: Final = {name: event(name) for name in OWN_FIELDS}

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.from_regex(r"\d+(Mi|m)")
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good event with up to three fields replaced, removed or added, written with anything JSON allows."""
    fields: dict[str, Any] = dict(GOOD[draw(st.sampled_from(sorted(GOOD)))])
    for name in draw(st.lists(st.sampled_from(sorted(fields)) | st.text(max_size=10), max_size=3)):
        if draw(st.booleans()):
            fields[name] = draw(values)
        else:
            fields.pop(name, None)
    return json.dumps(fields, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The bytes of a good event with a piece cut out and another put in its place."""
    content = json.dumps(GOOD[draw(st.sampled_from(sorted(GOOD)))]).encode()
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 20)))
    return content[:start] + draw(st.binary(max_size=20)) + content[end:]


def decode(content: bytes, expected: EventType) -> None:
    try:
        decode_event(parse_object(content), expected, script_buckets=frozenset({"scripts"}))
    except (RejectedEvent, ForeignEventType):
        return


def never_surprised(inputs: st.SearchStrategy[Any], call: Callable[[Any, EventType], None]) -> list[float]:
    """CPU seconds of each example. Wall-clock time would measure the machine's other work."""
    taken: list[float] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(content=inputs, expected=st.sampled_from(EventType))
    def run(content: Any, expected: EventType) -> None:
        started = time.thread_time()
        call(content, expected)
        taken.append(time.thread_time() - started)

    run()
    return sorted(taken)


def test_bytes_and_json_and_events_that_were_tampered_with() -> None:
    anything = st.binary(max_size=400) | st.builds(lambda value: json.dumps(value).encode(), values)

    taken = never_surprised(anything | mutated() | damaged(), decode)

    assert taken[int(len(taken) * 0.99)] < P99_SECONDS, "p99 of the time that one event takes"


def test_objects_that_the_bus_has_parsed_already() -> None:
    """From EventBridge the detail comes as an object, with whatever the runtime's parser let pass."""
    objects = st.dictionaries(st.sampled_from(sorted(GOOD["EXECUTION_REQUESTED"])) | st.text(max_size=8), values)

    def call(fields: dict[str, Any], expected: EventType) -> None:
        for candidate in (fields, GOOD[expected] | fields):
            try:
                decode_event(candidate, expected)
            except (RejectedEvent, ForeignEventType):
                continue

    taken = never_surprised(objects, call)

    assert taken[int(len(taken) * 0.99)] < 2 * P99_SECONDS, "two events an example"


def test_what_should_be_base64() -> None:
    def call(value: Any, _expected: EventType) -> None:
        try:
            decode_base64(value)
        except RejectedEvent:
            return

    never_surprised(values | st.text(alphabet="ABCabc+/=\n \u00e9", max_size=30), call)
