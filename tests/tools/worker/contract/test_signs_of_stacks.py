"""Consumer groups that read events, which no mock broker lists."""

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from saga_testing.clauses import CannotPlay, StackFound, stacks

HEARD = ["contract_execution_started", "contract_execution_completed"]


def settled(value: Any) -> "Future[Any]":
    future: Future[Any] = Future()
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
    return future


def admin(monkeypatch: pytest.MonkeyPatch, groups: dict[str, list[str]] | Exception) -> None:
    """A broker whose groups read these topics."""

    def described(names: list[str]) -> dict[str, "Future[Any]"]:
        assert isinstance(groups, dict)
        found = {}
        for name in names:
            topics = [SimpleNamespace(topic=topic) for topic in groups[name]]
            member = SimpleNamespace(assignment=SimpleNamespace(topic_partitions=topics))
            found[name] = settled(SimpleNamespace(members=[member]))
        return found

    listed = (
        groups
        if isinstance(groups, Exception)
        else SimpleNamespace(valid=[SimpleNamespace(group_id=name) for name in groups])
    )
    made = SimpleNamespace(list_consumer_groups=lambda: settled(listed), describe_consumer_groups=described)
    monkeypatch.setattr(stacks, "AdminClient", lambda _configuration: made)


def look(folder: Path) -> None:
    stacks.refuse_stacks_topics("broker:9092", ["contract_commands", *HEARD], HEARD, folder)


def test_who_reads_the_events_is_a_stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    admin(monkeypatch, {"a-worker": ["contract_commands"], "a-mapping": HEARD})

    with pytest.raises(StackFound, match="consumer group a-mapping reads it"):
        look(tmp_path)


def test_who_reads_the_commands_is_the_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    admin(monkeypatch, {"a-worker": ["contract_commands"], "somebody": ["elsewhere"]})

    look(tmp_path)


def test_no_groups_are_no_sign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    admin(monkeypatch, {})

    look(tmp_path)


@pytest.mark.parametrize("code", [KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError._TRANSPORT])
def test_what_cannot_be_told_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int) -> None:
    admin(monkeypatch, KafkaException(KafkaError(code)))

    with pytest.raises(CannotPlay, match="it cannot be told whether a stack reads broker"):
        look(tmp_path)


def test_a_broker_that_lists_no_groups_is_judged_by_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    admin(monkeypatch, KafkaException(KafkaError(KafkaError._UNSUPPORTED_FEATURE)))

    look(tmp_path)
