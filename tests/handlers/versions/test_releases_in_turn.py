"""Old and new release in turn on every event, a rollback in the middle: nothing is told twice with other bytes, and no
saga goes back and forth between them.
"""

import itertools
from collections.abc import Iterator
from typing import Final

import pytest

from saga_orchestrator.domain.registry import SagaRegistry
from saga_orchestrator.entrypoints.relay_function import CommandRelay
from saga_testing.lambda_context import Context
from tests.handlers.versions.parcel import FIRST, NEW, OLD
from tests.handlers.versions.post import Post

TOLD: Final = {
    1: [
        "SAGA_STARTED",
        "COLLECT_PARCEL_COMMAND",
        "DELIVER_PARCEL_COMMAND",
        "PARCEL_DELIVERED",
        "SAGA_COMPLETED",
    ],
    2: [
        "SAGA_STARTED",
        "COLLECT_PARCEL_COMMAND",
        "TRACKING_OPENED",
        "INSURE_PARCEL_COMMAND",
        "DELIVER_PARCEL_COMMAND",
        "PARCEL_DELIVERED",
        "RECEIPT",
        "SAGA_COMPLETED",
    ],
}
SCHEDULES: Final = list(itertools.product((OLD, NEW), repeat=5))
"""Which release meets each round; afterwards the rollout is complete."""


def names(schedule: tuple[SagaRegistry, ...]) -> str:
    return "".join("o" if each is OLD else "n" for each in schedule)


class Watched(Post):
    """Each saga's definition version, as often as anything was done."""

    def __init__(self, first: SagaRegistry) -> None:
        super().__init__(first)
        self.versions: dict[str, list[int]] = {}

    def round(self, release: SagaRegistry) -> None:
        self.tick(release)
        for key in ("p-1", "p-2"):
            if saga := self.saga(key, "parcel_saga"):
                self.versions.setdefault(key, []).append(saga.definition_version)

    def finish(self) -> None:
        """The rollout comes to its end."""
        for _ in range(8):
            self.round(NEW)
        assert self.waiting == []


def played(schedule: tuple[SagaRegistry, ...]) -> Watched:
    """One parcel from before, and one that whichever release has its turn begins."""
    post = Watched(OLD)
    post.send("PARCEL_SENT")
    post.round(OLD)
    post.send("PARCEL_SENT", "p-2")
    for release in schedule:
        post.round(release)
    post.finish()
    return post


@pytest.mark.parametrize("schedule", SCHEDULES, ids=names)
def test_every_saga_ends_under_the_version_that_began_it_and_tells_each_message_once(
    schedule: tuple[SagaRegistry, ...],
) -> None:
    post = played(schedule)

    begun_by = 1 if schedule[0] is OLD else 2
    assert (set(post.versions["p-1"]), set(post.versions["p-2"])) == ({1}, {begun_by})
    for key, version in (("p-1", 1), ("p-2", begun_by)):
        assert post.parcel(key).state == "completed"
        assert post.types_of(key) == TOLD[version]
    assert post.reasons() == []
    post.tell_all_again()


def test_a_rollback_in_the_middle_leaves_the_new_sagas_to_newer_code_and_holds_up_no_older_one_for_ever() -> None:
    post = Watched(OLD)
    post.send("PARCEL_SENT")
    post.round(OLD)
    post.send("PARCEL_SENT", "p-2")
    post.round(NEW)
    begun = post.parcel("p-2")

    for _ in range(4):
        post.round(OLD)

    assert post.parcel("p-2") == begun
    assert post.parcel().state == "completed"
    assert [event["event_type"] for event in post.waiting] == ["COMMAND_REPLY"]
    assert post.reasons() == []
    post.finish()
    assert [post.parcel(key).state for key in ("p-1", "p-2")] == ["completed"] * 2
    assert post.types_of("p-2") == TOLD[2]
    post.tell_all_again()


def test_after_a_rollback_older_sagas_are_sent_again_and_a_newer_one_is_named() -> None:
    post = Watched(OLD)
    post.send("PARCEL_SENT")
    post.tick(OLD, answers=False)
    post.send("PARCEL_SENT", "p-2")
    post.tick(NEW, answers=False)
    post.register(OLD)

    wanted = [{"execution_id": key, "saga_name": FIRST.name} for key in ("p-2", "p-1")]
    answer = CommandRelay(post.at).run({"republish": wanted}, Context())

    assert answer["published"] == ["parcel_saga:p-1:saga_started#1", "parcel_saga:p-1:collect_parcel#1"]
    (skipped,) = answer["skipped"]
    assert skipped.startswith("p-2: parcel_saga:p-2 began under version 2 of its definition, newer than this code's")


@pytest.mark.parametrize("schedule", [each for each in SCHEDULES if each[0] is NEW], ids=names)
def test_a_recall_in_turns_takes_back_what_that_version_did(schedule: tuple[SagaRegistry, ...]) -> None:
    post = Watched(OLD)
    post.send("PARCEL_SENT")
    post.tick(OLD, answers=False)
    post.send("PARCEL_SENT", "p-2")
    post.tick(NEW, answers=False)
    for key in ("p-1", "p-2"):
        post.send("PARCEL_RECALLED", key)
    for release in schedule[1:]:
        post.round(release)
    post.finish()

    assert [post.parcel(key).state for key in ("p-1", "p-2")] == ["cancelled"] * 2
    undos = {key: [text for text in texts_of(post, key) if "RETURN_PARCEL" in text] for key in ("p-1", "p-2")}
    assert ["its sender" in text for text in undos["p-1"]] == [False]
    assert ["its sender" in text for text in undos["p-2"]] == [True]
    post.tell_all_again()


def texts_of(post: Post, key: str) -> Iterator[str]:
    return (text for text in post.told.values() if f'"execution_id": "{key}"' in text)
