"""Items of sagas that wait, of every release: read, rendered and gone on with as they were meant."""

from pathlib import Path
from typing import Final

import pytest

from saga_orchestrator.adapters.saga_codec import decode, encode
from saga_orchestrator.adapters.stream_image import to_item
from saga_orchestrator.domain.flow.ledger import Standing
from saga_orchestrator.domain.render import render
from saga_orchestrator.domain.saga import Cause
from saga_orchestrator.domain.states import SagaState
from saga_testing.samples.sample_orders import order_event, reply
from sagas.order import ORDER
from tests.release.compatibility.corpus import WAITING_ITEMS, WAITING_SCHEMA, golden, lacks, load, name_of, plain
from tests.release.compatibility.deployment import Json, OlderTable
from tests.release.compatibility.order_histories import REGISTERED
from tests.release.compatibility.record import todays_waiting_items

ALL: Final = golden(WAITING_ITEMS)
NEXT: Final[dict[str, Json]] = {
    "placed": order_event("PLACED"),
    "approved": order_event("APPROVED"),
    "cancelled": order_event("CANCELLED"),
    **{f"{message} {outcome}": reply(message, outcome)
       for message in ("reserve_credit#1", "reserve_stock#1", "release_stock#1", "ship_order#1")
       for outcome in ("done", "refused", "failed")},
}  # fmt: skip
RIGHTLY_REJECTED: Final = {"conflicting_request", "never_sent"}

of_every_item = pytest.mark.parametrize("file", ALL, ids=name_of)


@of_every_item
def test_it_is_read_as_it_was_meant_and_written_again_alike(file: Path) -> None:
    kept = load(file)
    saga = decode(to_item(kept["item"]))

    assert lacks(kept["saga"], plain(saga)) == []
    written = encode(saga)
    if file.parent.name < "3" and saga.mark is not None and saga.state.is_terminal:
        # What ended badly has a mark since schema 3.
        del written["mark"], written["mark_at"]
    assert written == to_item(kept["item"])


@of_every_item
def test_every_message_it_ever_emitted_has_the_bytes_it_had(file: Path) -> None:
    kept = load(file)
    saga = decode(to_item(kept["item"]))

    assert {key: render(saga, key, ORDER).encode() for key in kept["messages"]} == kept["messages"]
    assert [key for entry in saga.timeline for key in entry.messages] == [*kept["messages"]]


@pytest.mark.parametrize("following", NEXT)
@of_every_item
def test_whatever_comes_next_it_goes_on_and_what_it_said_keeps_its_bytes(file: Path, following: str) -> None:
    kept = load(file)
    deployment = OlderTable(sagas=REGISTERED)
    deployment.put(kept["item"])

    deployment.deliver({**NEXT[following], "event_id": "evt-next"})

    assert {*deployment.reasons()} <= RIGHTLY_REJECTED
    after = decode(to_item(deployment.image("o-1", ORDER.name) or {}))
    assert after.version - int(kept["item"]["version"]["N"]) in {0, 1}
    for key, body in kept["messages"].items():
        assert render(after, key, ORDER).encode() == body


def test_todays_code_stores_what_the_golden_files_say() -> None:
    """An approval test. What is stored has changed? See README.md: the files are added to, and never replaced."""
    assert {file.name: content for file, content in todays_waiting_items() if load(file) != content} == {}


def test_the_corpus_has_every_standing_every_cause_and_every_attribute_that_comes_without_a_deadline_or_verb() -> None:
    sagas = [decode(to_item(load(file)["item"])) for file in ALL if file.parent.name == WAITING_SCHEMA]
    names = {name for file in ALL for name in load(file)["item"]}

    by_operator = {Standing.RESOLVED, Standing.UNDO_SKIPPED}
    seen = {entry.standing for saga in sagas for entry in saga.ledger.entries}
    assert seen == {*Standing} - by_operator - {Standing.GIVEN_UP}
    assert {saga.state for saga in sagas} == {*SagaState}
    assert {entry.cause for saga in sagas for entry in saga.timeline} == {
        Cause.REQUESTED, Cause.CANCELLED, Cause.DEADLINE, Cause.REPORTED, Cause.ANSWERED,
    }  # fmt: skip
    assert names >= {"dh", "in", "set", "led", "data", "out", "fs", "mark", "mark_at", "wake"}
