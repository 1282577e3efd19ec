"""What is timed, in a process of its own: `python -m tests.release.benchmarks.timed cpu EXECUTION_STARTED`.

Ratios swing from process to process, with where its memory happens to lie, and hardly within one; inside the test
runner each log line is formatted twice. So the benchmarks start several of these and take the median. The last line
printed is the result as JSON.
"""

import json
import os
import statistics
import sys
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_orchestrator.entrypoints.intake import Intake
from saga_orchestrator.entrypoints.saga_functions import CommandReplyFunction
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import NOW_MS, eventbridge, kafka
from saga_testing.samples.sample_orders import order_event, reply
from tests.release.benchmarks.canned import Call, CannedAws, exists, held, obeyed, stands
from tests.release.benchmarks.scenes import SILENCE, ordinary, quiet_telemetry

ROUNDS, REPEATS = 25, 20
COUNTED = 20
SLOWED = 50
"""About so many times a process takes longer under the tool: threads are to take turns no more often than without."""
RECORDS, LATENCY, BATCHES = 100, 0.005, 9
REPLY = "COMMAND_REPLY"
UNLIMITED = {"DEFAULT_LANGUAGE_LIMIT": "0"}
Work = Callable[[], Any]


def bare(calls: list[Call], clients: dict[str, Any] | None = None) -> None:
    """The calls alone, by the clients they were made with or by those given, as a program would make them."""
    for client, operation, arguments in calls:
        chosen = clients[client.meta.service_model.service_name] if clients else client
        try:
            getattr(chosen, xform_name(operation))(**arguments)
        except ClientError:
            continue


def running_item(*, started: bool) -> dict[str, Any]:
    """A running saga as the request's own write puts it on the wire."""
    aws = CannedAws()
    requested = eventbridge(ordinary("EXECUTION_REQUESTED"))
    aws.recorded(lambda: EventFunction(aws.at, EventType.REQUESTED).run(requested, Context()))
    item: dict[str, Any] = json.loads(aws.bodies[0][1])["TransactItems"][0]["Put"]["Item"]
    if started:
        item["version"] = {"N": "2"}
        item["timeline"]["L"].append({"S": f"{NOW_MS} S {uuid.uuid4()}"})
    return item


def waiting_item() -> dict[str, Any]:
    """An order whose credit is reserved and whose stock is asked for, as it is on the wire."""
    shop = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=quiet_telemetry())
    for event in (order_event("PLACED"), reply("reserve_credit#1")):
        shop.deliver(event)
    key = {"execution_id": {"S": "o-1"}, "saga_name": {"S": "order_saga"}}
    stored = shop.aws.dynamodb.get_item(TableName=shop.settings["SAGA_TABLE"], Key=key)["Item"]
    plain: dict[str, Any] = json.loads(json.dumps(stored, default=lambda octets: b64encode(octets).decode()))
    return plain


def under_test(name: str) -> tuple[CannedAws, Intake, Any]:
    """What AWS answers, the function, and what invokes it."""
    if name == REPLY:
        aws = CannedAws(answer=stands(waiting_item()), sagas=EXECUTIONS_AND_ORDERS)
        return aws, CommandReplyFunction(aws.at), eventbridge(reply("reserve_stock#1"))
    stored = running_item(started=name == "EXECUTION_COMPLETED")
    aws = CannedAws(answer=obeyed if name == "EXECUTION_REQUESTED" else exists(stored))
    return aws, EventFunction(aws.at, EventType(name)), eventbridge(ordinary(name))


def contenders(name: str) -> tuple[dict[str, Work], list[str]]:
    """The handler, its calls by the same clients, its calls by botocore's default ones; and which calls those are."""
    aws, function, invocation = under_test(name)

    def handler() -> None:
        function.run(invocation, Context())

    calls, defaults = aws.recorded(handler), aws.default_clients()
    works: dict[str, Work] = {
        "handler": handler,
        "own": lambda: bare(calls),
        "default": lambda: bare(calls, defaults),
    }
    for work in works.values():
        work()
    return works, [operation for _, operation, _ in calls]


def cpu(name: str) -> dict[str, Any]:
    """Ratios of processor time, the three by turns, and what the handler costs."""
    works, operations = contenders(name)
    spent: dict[str, list[float]] = {each: [] for each in works}
    for _ in range(ROUNDS):
        for each, work in works.items():
            spent[each].append(_cpu_of(work))
    return {
        "default": _median_ratio(spent["handler"], spent["default"]),
        "own": _median_ratio(spent["handler"], spent["own"]),
        "ms": statistics.median(spent["handler"]) * 1e3,
        "calls": operations,
    }


def count(*names: str) -> dict[str, Any]:
    """For a tool that counts the instructions of each process: one child for each contender, and one that does nothing.

    What a child has counted begins with all that its parent did, so the idle child's count is to be taken off.
    """
    works = {f"{name} {each}": work for name in names for each, work in contenders(name)[0].items()}
    return {"children": _in_children(works, COUNTED), "runs": COUNTED}


def count_batch() -> dict[str, Any]:
    """The same of a Kafka batch of requests, by the record: of one batch, and of two by the same threads.

    What the second one takes is what a batch takes: in the first one each thread makes what it keeps, as pydantic's
    matchers do. Each child has threads of its own, since none comes through a fork.
    """
    name = "EXECUTION_REQUESTED"
    aws = CannedAws(UNLIMITED)
    function, one = EventFunction(aws.at, EventType(name)), eventbridge(ordinary(name))
    calls = aws.recorded(lambda: function.run(one, Context()))
    bare(calls)
    records = batch_of(*(f"execution-{number}" for number in range(RECORDS)), name=name)
    sys.setswitchinterval(SLOWED * sys.getswitchinterval())
    works: dict[str, Work] = {
        "handler": lambda: function.run(records, Context()),
        "own": lambda: list(aws.at.executor.map(bare, [calls] * RECORDS)),
    }
    children = _in_children(works, 1)
    children |= {f"{each} again": _in_a_child(work, 2) for each, work in works.items()}
    return {"children": children, "runs": RECORDS}


def batch(name: str = "EXECUTION_REQUESTED") -> dict[str, Any]:
    """Speed of a Kafka batch against its events' bare calls, one after the other for each event, at the same
    concurrency, with a store that takes a while."""
    stored = running_item(started=name == "EXECUTION_COMPLETED")
    aws = CannedAws(UNLIMITED, answer=obeyed if name == "EXECUTION_REQUESTED" else held(stored), latency=LATENCY)
    function = EventFunction(aws.at, EventType(name))
    records = batch_of(*(f"execution-{number}" for number in range(RECORDS)), name=name)
    calls = aws.recorded(lambda: function.run(batch_of("execution-0", name=name), Context()))
    threads = aws.at.settings.batch_concurrency
    ours, theirs = [], []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(BATCHES):
            theirs.append(_seconds(lambda: list(pool.map(bare, [calls] * RECORDS))))
            ours.append(_seconds(lambda: function.run(records, Context())))
    return {
        "speed": _median_ratio(theirs, ours),
        "ms": statistics.median(ours) * 1e3,
        "threads": threads,
        "calls": [operation for _, operation, _ in calls],
    }


def batch_of(*execution_ids: str, name: str = "EXECUTION_REQUESTED") -> dict[str, Any]:
    return kafka(*(ordinary(name, execution_id) for execution_id in execution_ids))


def _in_children(works: Mapping[str, Work], repeats: int) -> dict[str, int]:
    return {each: _in_a_child(work, repeats) for each, work in {"idle": lambda: None, **works}.items()}


def _in_a_child(work: Work, repeats: int) -> int:
    child = os.fork()
    if child == 0:
        for _ in range(repeats):
            work()
        os._exit(0)
    os.waitpid(child, 0)
    return child


def _cpu_of(work: Work) -> float:
    start = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - start) / REPEATS


def _seconds(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _median_ratio(left: list[float], right: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(left, right, strict=True))


def main() -> None:
    answer, sys.stdout = sys.stdout, SILENCE  # log and metric lines are written, and paid for, but not shown
    measure, *arguments = sys.argv[1:]
    measures: dict[str, Callable[..., dict[str, Any]]] = {
        "cpu": cpu,
        "count": count,
        "batch": batch,
        "count_batch": count_batch,
    }
    result = measures[measure](*arguments)
    answer.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
