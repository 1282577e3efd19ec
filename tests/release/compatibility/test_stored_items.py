"""Items that any release stored, or the next one may store: read, rendered, written to, and losing nothing."""

from pathlib import Path
from typing import Final

import pytest

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.adapters.saga_models import SagaItem
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Cause
from saga_orchestrator.domain.states import SagaState
from sagas.execution import EXECUTION_SAGA
from tests.release.compatibility.corpus import (
    COUNTERS,
    ITEMS,
    NEWER_ITEMS,
    RECORDS,
    SCHEMA,
    as_ever,
    golden,
    golden_event,
    lacks,
    load,
    name_of,
    place,
    plain,
)
from tests.release.compatibility.deployment import Json, OlderTable
from tests.release.compatibility.record import RECORDED, todays_counters, todays_items, todays_records, what_is_relayed

KNOWN: Final = frozenset(attribute.attr_name for attribute in SagaItem.get_attributes().values())
OF_WAITING_SAGAS: Final = frozenset({"dh", "in", "set", "led", "err", "data", "out", "fs", "sdue", "wake"})
MARKS: Final = frozenset({"mark", "mark_at"})
NEXT: Final = {
    "requested": ("EXECUTION_REQUESTED.full", "executions"),
    "requested by somebody else": ("EXECUTION_REQUESTED.minimal", "executions"),
    "started": ("EXECUTION_STARTED.full", "executions"),
    "completed": ("EXECUTION_COMPLETED.full", "executions"),
    "failed": ("EXECUTION_FAILED.full", "executions"),
    "timeout": ("EXECUTION_TIMEOUT.full", "executions"),
    "cancelled": ("EXECUTION_CANCELLED.full", "executions"),
    "cancelled by the operator": ("EXECUTION_CANCELLED.minimal", "saga-operator"),
}
RIGHTLY_REJECTED: Final = {"conflicting_request", "unauthorised_cancel"}
ALL_ITEMS: Final = [*golden(ITEMS), *golden(NEWER_ITEMS)]

of_every_item = pytest.mark.parametrize("file", ALL_ITEMS, ids=name_of)


@of_every_item
def test_it_is_read_as_it_was_meant(file: Path) -> None:
    kept = load(file)

    assert lacks(kept["saga"], plain(decode(to_item(kept["item"])))) == []


@of_every_item
def test_every_message_it_ever_emitted_has_the_bytes_it_had(file: Path) -> None:
    kept = load(file)
    saga = decode(to_item(kept["item"]))

    for key, body in kept["messages"].items():
        assert as_ever(render(saga, key, EXECUTION_SAGA).encode()) == as_ever(body)
    emitted = [key for entry in saga.timeline for key in entry.messages]
    assert emitted == [*kept["messages"], *kept["messages_of_newer_code"]]


@of_every_item
def test_written_again_it_says_the_same(file: Path) -> None:
    item = to_item(load(file)["item"])

    written = encode(decode(item))

    if file in golden(ITEMS):
        assert decode(written) == decode(item)
    # What ended badly has a mark since schema 3.
    assert set(written) - (MARKS if file.parent.name < "3" else set()) == set(item) & KNOWN


@pytest.mark.parametrize("following", NEXT)
@of_every_item
def test_what_happens_next_changes_it_legally_and_takes_nothing_away(file: Path, following: str) -> None:
    kept = load(file)
    deployment = _holding(kept["item"])
    name, source = NEXT[following]

    deployment.deliver({**golden_event(name), "event_id": "evt-next"}, source)

    _stands(kept, deployment)


@of_every_item
def test_the_checker_ends_it_when_it_is_due_and_takes_nothing_away(file: Path) -> None:
    kept = load(file)
    deployment = _holding(kept["item"])

    deployment.now += 3_600_000
    deployment.check()

    _stands(kept, deployment)
    after = deployment.image() or {}
    assert after["state"]["S"] == ("timeout" if "deadline" in kept["item"] else kept["item"]["state"]["S"])


def _holding(item: Json) -> OlderTable:
    deployment = OlderTable()
    deployment.now += 60_000
    deployment.put(item)
    return deployment


def _stands(kept: Json, deployment: OlderTable) -> None:
    """Nothing was set aside as corrupt, at most one version more, and whatever must never change has not changed."""
    before, after = kept["item"], deployment.image() or {}
    assert {*deployment.reasons()} <= RIGHTLY_REJECTED
    assert int(after["version"]["N"]) - int(before["version"]["N"]) in {0, 1}
    unknown = set(before) - KNOWN
    write_once = set() if before["state"] == {"S": "created"} else {"req", "rh", "owner", "sb", "create_before", "dv"}
    for name in unknown | {"corr"} | write_once:
        assert after.get(name) == before.get(name), name
    saga = decode(to_item(after))
    for key, body in kept["messages"].items():
        assert as_ever(render(saga, key, EXECUTION_SAGA).encode()) == as_ever(body)


def test_a_field_of_a_remembered_event_is_lost_when_older_code_remembers_another() -> None:
    """The one limit of the promise: the list is written anew. The request's fields are never written again."""
    deployment = _holding(load(place(NEWER_ITEMS, "1", "remembered_event_with_more_fields"))["item"])

    deployment.deliver({**golden_event("EXECUTION_CANCELLED.minimal"), "cancelled_by": "bob", "event_id": "evt-next"})

    remembered = (deployment.image() or {})["early"]["L"]
    assert len(remembered) == 7
    assert not any("via" in early["M"] for early in remembered)


@pytest.mark.parametrize("file", golden(RECORDS), ids=name_of)
def test_a_stream_record_is_relayed_as_it_was(file: Path) -> None:
    kept = load(file)
    deployment = OlderTable()
    deployment.aws.s3.objects("payloads").update({key: text.encode() for key, text in kept["scripts"].items()})

    seen = what_is_relayed(kept["about"], deployment, kept["record"])

    assert seen["answer"] == kept["answer"]
    assert [*map(as_ever, seen["published"])] == [*map(as_ever, kept["published"])]
    assert deployment.reasons() == []


def test_the_relay_waits_at_a_message_of_newer_code_and_sends_what_comes_before() -> None:
    newer = load(place(NEWER_ITEMS, "1", "message_of_a_newer_kind"))
    running = load(place(RECORDS, "1", "running"))
    deployment = OlderTable()
    record = {**running["record"], "dynamodb": {**running["record"]["dynamodb"], "NewImage": newer["item"]}}
    record["dynamodb"]["SequenceNumber"] = "2"

    answer = deployment.relay(running["record"], record)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert deployment.texts() == running["published"]
    assert deployment.reasons() == []


@pytest.mark.parametrize("file", golden(COUNTERS), ids=name_of)
@pytest.mark.parametrize("more", [{}, {"since": {"N": "1795500000000"}}], ids=["as stored", "with more attributes"])
def test_a_counter_counts_on(file: Path, more: Json) -> None:
    counter = load(file)["item"] | more
    taken, limit = int(counter["n"]["N"]), int(counter.get("limit", {"N": "1"})["N"])
    room = taken < limit
    deployment = OlderTable({"DEFAULT_LANGUAGE_LIMIT": "1"})
    deployment.put(counter)

    deployment.deliver(golden_event("EXECUTION_REQUESTED.full"))

    counted = deployment.image("#counter#python#0", "#counter") or {}
    assert counted == counted | counter | {
        "n": {"N": str(taken + room)},
        "cap": {"N": str(limit)},
        "limit": {"N": str(limit)},
    }
    assert (deployment.image() or {})["state"] == {"S": "running" if room else "failed"}


@pytest.mark.parametrize("made", [todays_items, todays_records, todays_counters])
def test_todays_code_stores_what_the_golden_files_say(made: type) -> None:
    """An approval test. What is stored has changed? See README.md: the files are added to, and never replaced."""
    differing = {file.name: content for file, content in made() if load(file) != content}

    assert differing == {}


def test_the_corpus_has_every_state_every_cause_and_every_attribute() -> None:
    items = [load(file)["item"] for file in golden(ITEMS) if file.parent.name == SCHEMA]
    lines = [line["S"].split(" ") for item in items for line in item.get("timeline", {}).get("L", ())]
    early = [each["M"]["e"]["S"].split(" ") for item in items for each in item.get("early", {}).get("L", ())]

    assert {item["state"]["S"] for item in items} == {*SagaState} - {SagaState.COMPENSATING}
    of_executions = {*Cause} - {Cause.REPORTED, Cause.ANSWERED, Cause.OPERATED}
    assert {cause for _, cause, *_ in lines} == of_executions
    assert {cause for _, cause, *_ in early} == of_executions - {Cause.REQUESTED, Cause.DEADLINE}
    assert {name for item in items for name in item} == KNOWN - OF_WAITING_SAGAS
    kinds = {key.partition("#")[0] for _, _, _, *keys in lines for key in keys}
    assert kinds == {*EXECUTION_SAGA.messages, "saga_started", *(f"saga_{state}" for state in _ENDS)}
    assert {*RECORDED} | {"removed", "counter"} == {file.stem for file in golden(RECORDS)}


_ENDS: Final = ("completed", "failed", "timeout", "cancelled")
