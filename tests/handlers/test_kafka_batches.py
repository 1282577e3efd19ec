"""Kafka batches: order within an execution, nothing passed over, and the two ways Lambda is told about failures."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints import kafka_batch
from saga_orchestrator.entrypoints.envelopes.cloudevents import Terms
from saga_orchestrator.entrypoints.envelopes.opening import from_record
from saga_orchestrator.entrypoints.event_function import terms_of
from saga_orchestrator.entrypoints.kafka_batch import BatchUnfinished, KafkaRecord, Work, process_batch
from saga_orchestrator.entrypoints.read_ahead import Known
from saga_testing.lambda_context import Context
from saga_testing.moto_world import World
from saga_testing.samples.sample_events import event, kafka

ROOT = Path(__file__).parents[2]


def throttle(world: World, *execution_ids: str) -> None:
    """Every write of these executions meets a throttle that outlives the SDK's retries."""
    client = world.at.sdk.dynamodb
    original = client._make_api_call

    def call(name: str, arguments: dict[str, Any]) -> Any:
        if any(execution_id in str(arguments) for execution_id in execution_ids):
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, name)
        return original(name, arguments)

    client._make_api_call = call


def requested(world: World, *execution_ids: str) -> None:
    batch = kafka(*(event("EXECUTION_REQUESTED", execution_id) for execution_id in execution_ids))
    assert world.function("EXECUTION_REQUESTED").run(batch, Context()) is None


def test_a_batch_is_applied_whole(world: World) -> None:
    requested(world, "ex-1", "ex-2", "ex-3")

    assert world.slots() == 3


def test_on_demand_mode_raises_because_lambda_would_ignore_a_list(world: World) -> None:
    throttle(world, "ex-2")
    batch = kafka(*(event("EXECUTION_REQUESTED", name) for name in ("ex-1", "ex-2", "ex-3")))

    with pytest.raises(BatchUnfinished, match="1 records"):
        world.function("EXECUTION_REQUESTED").run(batch, Context())

    assert world.saga("ex-1") is not None
    assert world.saga("ex-3") is not None


@pytest.mark.parametrize("failing", range(1, 8))
def test_provisioned_mode_reports_exactly_what_is_unfinished(world: World, failing: int) -> None:
    world.reconfigure(KAFKA_MODE="provisioned")
    names = [f"lane-{number}" for number in range(3)]
    bad = [name for number, name in enumerate(names) if failing >> number & 1]
    throttle(world, *bad)
    order = [*names, *names]

    answer = world.function("EXECUTION_STARTED").run(
        kafka(*(event("EXECUTION_STARTED", name) for name in order)), Context()
    )

    expected = [
        {"itemIdentifier": {"partition": "topic-0", "offset": 10 + position}}
        for position, name in enumerate(order)
        if name in bad
    ]
    assert answer == {"batchItemFailures": expected}


def test_an_empty_batch_and_tombstones_are_nothing(world: World) -> None:
    function = world.function("EXECUTION_REQUESTED")

    assert function.run(kafka(), Context()) is None
    assert function.run(kafka(None, None), Context()) is None
    assert (world.items(), world.rejected()) == ([], [])


def test_a_poison_record_is_rejected_once_and_its_neighbours_are_applied(world: World) -> None:
    batch = kafka(event("EXECUTION_REQUESTED", "ex-1"), b"\xff\xfe", event("EXECUTION_REQUESTED", "ex-2"))

    world.function("EXECUTION_REQUESTED").run(batch, Context())

    assert world.slots() == 2
    pointers = world.rejected()
    assert [(pointer["reason"], pointer["position"]) for pointer in pointers] == [
        ("not_utf8", {"cluster": batch["eventSourceArn"], "partition": "topic-0", "offset": 11})
    ]


def test_records_of_one_execution_are_applied_in_order_and_one_at_a_time(world: World) -> None:
    client = world.at.sdk.dynamodb
    original = client._make_api_call
    inside: dict[str, int] = {}
    overlaps: list[str] = []
    guard = threading.Lock()

    def call(name: str, arguments: dict[str, Any]) -> Any:
        execution = next(each for each in ("ex-1", "ex-2") if each in str(arguments))
        with guard:
            inside[execution] = inside.get(execution, 0) + 1
            if inside[execution] > 1:
                overlaps.append(execution)
        try:
            return original(name, arguments)
        finally:
            with guard:
                inside[execution] -= 1

    client._make_api_call = call
    actors = [f"actor-{number}" for number in range(6)]
    batch = kafka(
        *(
            event("EXECUTION_CANCELLED", execution, cancelled_by=actor)
            for actor in actors
            for execution in ("ex-1", "ex-2")
        )
    )
    world.function("EXECUTION_CANCELLED").run(batch, Context())

    assert overlaps == []
    for execution in ("ex-1", "ex-2"):
        stub = world.saga(execution)
        assert stub is not None
        assert [early.actor for early in stub.early] == actors


def _by(apply: Callable[[KafkaRecord], None]) -> Callable[[KafkaRecord, Known], Work]:
    """Nothing is decided ahead."""
    return lambda record, _known: lambda: apply(record)


def test_nothing_is_begun_once_the_handler_has_ended(world: World) -> None:
    world.reconfigure(BATCH_CONCURRENCY="2")
    both, ended = threading.Barrier(2), threading.Event()
    begun: list[str] = []

    def apply(record: KafkaRecord) -> None:
        begun.append(record.fields["execution_id"])
        if not ended.is_set():
            both.wait(5)
        if record.fields["execution_id"] == "ex-0":
            raise RuntimeError
        ended.wait(5)

    batch = kafka(*(event("EXECUTION_REQUESTED", f"ex-{number}") for number in range(6)))
    with pytest.raises(RuntimeError):
        process_batch(batch, Context(), _by(apply), world.at, terms_of(EventType.REQUESTED, ""))
    ended.set()
    world.at.executor.shutdown()

    assert sorted(begun) == ["ex-0", "ex-1"]


def test_no_more_than_a_hundred_executions_are_decided_on_ahead(world: World) -> None:
    world.reconfigure(BATCH_CONCURRENCY="3")
    lock = threading.Lock()
    ahead: list[int] = []
    decided: list[str] = []
    done: list[str] = []

    def decide(record: KafkaRecord, _known: Known) -> Work:
        name = record.fields["event_id"]
        decided.append(name)
        ahead.append(len(decided) - len(done))

        def work() -> None:
            with lock:
                done.append(name)

        return work

    names = [f"ex-{number}" for number in range(250)]
    records = [event("EXECUTION_STARTED", name) for name in [*names, "ex-0", "ex-0"]]
    process_batch(kafka(*records), Context(), decide, world.at, terms_of(EventType.STARTED, ""))

    assert sorted(done) == sorted(decided) == sorted(record["event_id"] for record in records)
    assert ahead[:100] == [*range(1, 101)]
    assert max(ahead) <= 100 + 2  # two threads may be at their last ones still


def test_a_later_record_of_an_execution_is_decided_on_after_the_first_is_written(world: World) -> None:
    order: list[str] = []

    def decide(record: KafkaRecord, _known: Known) -> Work:
        order.append(f"decide {record.offset}")
        return lambda: order.append(f"write {record.offset}")

    batch = kafka(*(event("EXECUTION_STARTED", "ex-1") for _ in range(3)))
    process_batch(batch, Context(), decide, world.at, terms_of(EventType.STARTED, ""))

    assert order == [f"{what} {offset}" for offset in (10, 11, 12) for what in ("decide", "write")]


def test_each_record_is_read_once_whatever_is_in_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counting(raw: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
        read.append(raw["offset"])
        return from_record(raw, terms)

    monkeypatch.setattr(kafka_batch, "from_record", counting)
    records = (event("EXECUTION_STARTED", "ex-1"), b"not json", b"[1]", event("EXECUTION_STARTED", "ex-2"), b"\xff")

    world.function("EXECUTION_STARTED").run(kafka(*records), Context())

    assert sorted(read) == [10, 11, 12, 13, 14]
    assert sorted(rejected["reason"] for rejected in world.rejected()) == ["not_json", "not_json", "not_utf8"]


def test_short_of_time_nothing_more_is_attempted(world: World) -> None:
    world.reconfigure(KAFKA_MODE="provisioned")
    batch = kafka(event("EXECUTION_REQUESTED", "ex-1"), event("EXECUTION_REQUESTED", "ex-2"))

    answer = world.function("EXECUTION_REQUESTED").run(batch, Context(remaining_ms=1_500))

    assert answer is not None
    assert [failure["itemIdentifier"]["offset"] for failure in answer["batchItemFailures"]] == [10, 11]
    assert world.items() == []


def test_a_rejected_record_that_cannot_be_kept_is_not_acknowledged(world: World) -> None:
    world.reconfigure(PAYLOAD_BUCKET="no-such-bucket")

    with pytest.raises(BatchUnfinished):
        world.function("EXECUTION_REQUESTED").run(kafka(b"not json"), Context())


CPU_MS = 5.0
"""Assumed of one request on a whole processor, its two or three calls included: rather too much than too little."""
SECONDS = 30


class SlowProcessor(Context):
    """Remaining time of an invocation on a share of a processor, counted from the work done and not from a clock."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.records = 0

    def get_remaining_time_in_millis(self) -> int:
        return int(SECONDS * 1000 - self.records * CPU_MS / self.share)


def deliver(world: World, names: list[str], share: float) -> int:
    """One on-demand delivery, and how many of its records were applied."""
    context = SlowProcessor(share)
    lock = threading.Lock()

    def apply(_record: KafkaRecord) -> None:
        with lock:
            context.records += 1

    process_batch(
        kafka(*(event("EXECUTION_STARTED", name) for name in names)),
        context,
        _by(apply),
        world.at,
        terms_of(EventType.STARTED, ""),
    )
    return context.records


@pytest.mark.parametrize(("megabytes", "share"), [(512, 0.3), (256, 0.145)])
def test_five_thousand_records_come_to_an_end_in_batches_as_large_as_can_be_asked_for(
    world: World, megabytes: int, share: float
) -> None:
    names = [f"ex-{number}" for number in range(5_000)]
    template = yaml_parse((ROOT / "template.yaml").read_text())
    largest = int(template["Parameters"]["KafkaBatchSize"]["MaxValue"])
    batches = [names[start : start + largest] for start in range(0, len(names), largest)]

    assert sum(deliver(world, batch, share) for batch in batches) == 5_000


def test_five_thousand_at_once_would_be_delivered_again_for_ever(world: World) -> None:
    # Every repetition costs what the first delivery did: that is why the parameter has a bound.
    with pytest.raises(BatchUnfinished):
        deliver(world, [f"ex-{number}" for number in range(5_000)], 0.3)
