"""Many at once for the same thing: a limit, one saga, one run of the timeout checker."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from zlib import crc32

from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import event
from tests.proof.load.account import Account
from tests.proof.load.figures import Figures, Measured

THREADS: Final = 8
CHECKER_TIMEOUT_MS: Final = 50_000


def rush(account: Account, events: Sequence[dict[str, Any]]) -> None:
    """Each thread is a container of its own, and takes every so manyth event."""

    def work(number: int) -> None:
        at = account.process(number)
        for each in events[number::THREADS]:
            account.deliver_to(at, each)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))


def rush_for_a_limit(requests: int, limit: int) -> Figures:
    account = Account(DEFAULT_LANGUAGE_LIMIT=str(limit))
    with Measured(f"requests for a limit of {limit}", "requests", account) as measured:
        rush(account, [event("EXECUTION_REQUESTED", f"ex-{number}") for number in range(requests)])

    states = Counter(item["state"]["S"] for item in account.stored_sagas())
    assert states == {"running": limit, "failed": requests - limit}
    assert account.slots() == limit == sum("claim" in item for item in account.stored_sagas())
    assert most_slots_ever(account) == limit, "not even for a moment more"
    return measured.of(requests)


def most_slots_ever(account: Account) -> int:
    """From the stream, which has every value that the counters ever had."""
    now: dict[str, int] = {}
    most = 0
    for record in account.table.stream:
        image = record.as_lambda_record("arn")["dynamodb"].get("NewImage", {})
        if image.get("saga_name", {}).get("S") == "#counter":
            now[image["execution_id"]["S"]] = int(image["n"]["N"])
            most = max(most, sum(now.values()))
    return most


def rush_for_one_saga(deliveries: int) -> Figures:
    account = Account(DEFAULT_LANGUAGE_LIMIT="10")
    request = event("EXECUTION_REQUESTED")
    ends = [
        event("EXECUTION_COMPLETED"),
        event("EXECUTION_FAILED"),
        event("EXECUTION_TIMEOUT"),
        event("EXECUTION_CANCELLED", cancelled_by="alice"),
    ]
    with Measured("deliveries of one saga", "deliveries", account) as measured:
        rush(account, [request] * (deliveries // 2))
        rush(account, ends * (deliveries // 8))
        account.relay_all(account.process())

    (saga,) = account.stored_sagas()
    assert saga["state"]["S"] in {"completed", "failed", "timeout", "cancelled"}
    assert account.slots() == 0
    said = Counter(body["message_type"] for body in account.take_published())
    assert said["SAGA_STARTED"] == said["CREATE_POD_COMMAND"] == 1
    assert sum(count for kind, count in said.items() if kind.startswith("SAGA_")) == 2, f"one start, one end: {said}"
    return measured.of(deliveries)


def stopwatch() -> Callable[[], int]:
    """What is left of one run's time."""
    until = time.monotonic() * 1000 + CHECKER_TIMEOUT_MS
    return lambda: int(until - time.monotonic() * 1000)


def due_sagas(sagas: int) -> Figures:
    """One function with its own time limit, run again by the schedule until nothing is left."""
    account = Account()
    at = account.process(threads=account.at.settings.batch_concurrency)
    account.deliver_to(at, event("EXECUTION_REQUESTED", "model"))
    (model,) = account.stored_sagas()
    for number in range(1, sagas):
        execution_id = f"ex-{number}"
        shard = crc32(execution_id.encode()) % account.at.settings.deadline_shards
        copy = {**model, "execution_id": {"S": execution_id}, "deadline_shard": {"N": str(shard)}}
        account.table.put_item(TableName="sagas", Item=copy)
    account.now += 3_600_000
    account.calls.clear()

    runs = ended = 0
    with Measured("due sagas for the checker", "sagas", account) as measured:
        unfinished = True
        while unfinished:
            runs += 1
            answer = account.check_from(at, Context(stopwatch()))
            ended, unfinished = ended + answer["timed_out"], answer["unfinished"]
            assert runs <= sagas, "each run gets somewhere"
    at.executor.shutdown()

    assert ended == sagas
    assert {item["state"]["S"] for item in account.stored_sagas()} == {"timeout"}
    assert account.calls["update_item"] == sagas, "one write for each"
    of_counters = account.calls["get_item"] - sagas
    assert 0 <= of_counters <= 2 * runs, "one read for each, and in each run the directory of the limits"
    assert account.calls.keys() == {"query", "get_item", "update_item"}
    return measured.of(sagas)
