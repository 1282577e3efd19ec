"""`sagactl republish`: the same messages once more; a pod only where it could still start."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from saga_orchestrator.domain.saga import Cause, Saga, TimelineEntry
from saga_orchestrator.domain.states import SagaState
from sagactl.commands.republish import emitted_since
from sagactl.errors import NotUsableError
from sagactl.times import parse_since
from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_a_pod_is_created_again_only_while_the_saga_waits_for_it(operator: Operator) -> None:
    one = f"again-{uuid.uuid4().hex}"
    create, announced = f"execution_saga:{one}:create_pod#1", f"execution_saga:{one}:saga_started#1"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one))
    operator.is_in(one, "running")
    assert operator.republishes(one) == {"published": [announced, create], "skipped": []}
    operator.client.over_eventbridge(event("EXECUTION_STARTED", one))
    operator.eventually(lambda: len(operator.execution_saga(one)["timeline"]) == 2)
    assert operator.republishes(one) == {"published": [announced], "skipped": [create]}
    operator.client.over_eventbridge(event("EXECUTION_COMPLETED", one))
    operator.is_in(one, "completed")
    ended = f"execution_saga:{one}:saga_completed#1"
    assert operator.republishes(one) == {"published": [announced, ended], "skipped": [create]}


def test_what_is_published_again_arrives_with_the_same_bytes(operator: Operator) -> None:
    one = f"bytes-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one, script=""))
    first = operator.eventually(lambda: operator.client.message(one, "SAGA_FAILED"))
    operator.client._seen.pop(one)
    assert operator.republishes(one)["published"] == [first["message_id"]]
    assert operator.eventually(lambda: operator.client.message(one, "SAGA_FAILED")) == first


def test_since_takes_the_sagas_that_sent_something_from_then_on(operator: Operator) -> None:
    one = f"since-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one, script=""))
    operator.is_in(one, "failed")
    message = f"execution_saga:{one}:saga_failed#1"
    published = operator.gets("republish", "--since", "1h", "--yes", "--as", "mallory", "--reason", f"lost {one}")
    assert message in published["published"]
    acts = [act for act in operator.gets("acts", "--since", "1h", "--all")["acts"] if act["reason"] == f"lost {one}"]
    assert sorted((act["actor"], act["verified"], act["verb"], act["result"]) for act in acts) == [
        ("mallory", False, "republish", ""),
        ("mallory", False, "republish", "republished"),
    ]
    assert {act["target"].split("T")[0] for act in acts} == {f"sagas:since:{datetime.now(UTC):%Y-%m-%d}"}
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert operator.gets("republish", "--since", later) == {"published": [], "skipped": []}
    count = len(operator.gets("republish", one)["published"])
    table = operator.types("republish", one).stdout
    assert re.search(rf"\b{count} messages? published", table)
    assert message in table


def test_what_goes_past_the_api_is_on_record_too(operator: Operator) -> None:
    one = f"direct-{uuid.uuid4().hex}"
    operator.client.over_eventbridge(event("EXECUTION_REQUESTED", one, script=""))
    operator.is_in(one, "failed")
    operator.gets("republish", one, "--direct", "--as", "mallory", "--reason", "no API today")
    acts = [act for act in operator.gets("acts", "--since", "1h", "--all")["acts"] if one in act["target"]]

    assert sorted((act["target"], act["door"], act["result"]) for act in acts) == [
        (f"saga:execution_saga:{one}", "direct", ""),
        (f"saga:execution_saga:{one}", "direct", "republished"),
    ]


def test_since_is_the_first_moment_that_counts_and_asks_for_a_message() -> None:
    def saga(execution_id: str, *entries: tuple[int, tuple[str, ...]]) -> Saga:
        timeline = tuple(TimelineEntry(at, Cause.STARTED, f"e{at}", messages) for at, messages in entries)
        return Saga(execution_id, "execution_saga", 1, SagaState.RUNNING, 1, 0, "c", timeline=timeline)

    sagas = [
        saga("just before", (999, ("a#1",))),
        saga("at it", (1000, ("a#1",))),
        saga("silent since", (999, ("a#1",)), (1001, ())),
        saga("before and after", (1, ("a#1",)), (1001, ("b#1",))),
        saga("nothing yet"),
    ]
    assert [each.execution_id for each in emitted_since(sagas, 1000)] == ["at it", "before and after"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-01T12:00:00Z", NOW),
        ("2026-05-01T14:00:00+02:00", NOW),
        ("90s", NOW - timedelta(seconds=90)),
        ("15m", NOW - timedelta(minutes=15)),
        ("2h", NOW - timedelta(hours=2)),
        ("1d", NOW - timedelta(days=1)),
    ],
)
def test_times_are_read_as_people_write_them(text: str, instant: datetime) -> None:
    assert parse_since(text, NOW) == instant.timestamp() * 1000


def test_longer_ago_than_time_itself_is_everything() -> None:
    assert parse_since("99999999999d", NOW) == 0


@pytest.mark.parametrize("text", ["yesterday", "", "15", "-5m", "2026-05-01T12:00:00", "12:00", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(NotUsableError, match="--since"):
        parse_since(text, NOW)


@pytest.mark.parametrize("arguments", [(), ("one", "--since", "1h")])
def test_either_an_execution_or_a_time(operator: Operator, arguments: tuple[str, ...]) -> None:
    outcome = operator.types("republish", *arguments)
    assert (outcome.exit_code, outcome.stderr) == (2, "sagactl: name either one EXECUTION_ID or --since TIME\n")


def test_an_execution_that_nobody_knows(operator: Operator) -> None:
    assert operator.types("republish", "nobody").exit_code == 1
