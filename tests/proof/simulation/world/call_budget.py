"""How many AWS calls an invocation may make: each has a cause, and a refused one allows at most its repetition.

An event needs one data call: get-or-create in one conditional write. A request stores its script before, and what comes
in a batch is looked for in one read of a hundred sagas, where it is no request. Then

- a lost race is decided again and written again, and so is what met a conflict: one further call;
- a full counter is answered by reading all of it, by raising a cap, and by a claim on another shard or a failed saga:
  four; by the first claim of a language also by opening its counter and reading it again: four more;
- a refused write of counters is answered by reading them again and by another one: three;
- any other refusal is raised to the event source, or rejected: none, counted as one;
- an event or message that is rejected is put into the bucket, its item into the operators' table and its pointer on
  the queue: `Reject` and two more.

However much goes wrong, the code itself ends: `MAX_ATTEMPTS` decisions for a record, `TRANSACTION_ATTEMPTS` of each
write, and for a claim as many shards, each with a read of the counters.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError, ConnectTimeoutError, HTTPClientError

from saga_orchestrator.adapters.counters.counter_table import SETTLE_ATTEMPTS
from saga_orchestrator.adapters.patient_writes import TRANSACTION_ATTEMPTS
from saga_orchestrator.application.apply_event import MAX_ATTEMPTS
from saga_orchestrator.domain.decide import MAX_LATE_UNDOS
from saga_orchestrator.entrypoints.read_ahead import MOST_KEYS

FURTHER: Final = "further calls that refusals allow"
LISTED: Final = "keys that queries listed"
PAGES: Final = "pages that were not the last ones"
COUNTERS: Final = "calls about counters alone"

REJECTING_CALLS: Final = 3
MOST_FOR_WRITE: Final = MAX_ATTEMPTS * TRANSACTION_ATTEMPTS
MOST_FOR_CLAIM: Final = MOST_FOR_WRITE * (TRANSACTION_ATTEMPTS + 1)
MOST_FOR_SETTLING: Final = 4 * TRANSACTION_ATTEMPTS * SETTLE_ATTEMPTS
"""With three shards at most."""


def booked(made: Counter[str], operation: str, arguments: dict[str, Any], attempt: Callable[[], Any]) -> Any:
    """Make one call, and book it in `made` with what its answer lets the caller do next."""
    rejects = operation == "PutObject" and arguments["Key"].startswith("rejected/")
    made["Reject" if rejects else operation] += 1
    made[COUNTERS] += about_counters(operation, arguments)
    try:
        reply = attempt()
    except (ClientError, HTTPClientError, ConnectTimeoutError) as refusal:
        made[FURTHER] += 3 if about_counters(operation, arguments) else further_calls(refusal)
        raise
    if operation == "Query":
        made[LISTED] += len(reply["Items"])
        made[PAGES] += "LastEvaluatedKey" in reply
    return reply


def about_counters(operation: str, arguments: dict[str, Any]) -> bool:
    """Reading, opening, raising and settling: nothing of a saga, or of another table, is in it."""
    match operation:
        case "BatchGetItem":
            return all(
                _of_the_engine({"Key": key}) for table in arguments["RequestItems"].values() for key in table["Keys"]
            )
        case "TransactWriteItems":
            return all(_of_the_engine(request) for action in arguments["TransactItems"] for request in action.values())
        case "GetItem" | "UpdateItem":
            return _of_the_engine(arguments)
    return False


def _of_the_engine(request: dict[str, Any]) -> bool:
    key: dict[str, dict[str, str]] = request.get("Key") or request["Item"]
    return key.get("execution_id", {"S": ""})["S"].startswith("#")


def further_calls(refusal: Exception) -> int:
    """How many calls of the same invocation this refusal of one may lead to."""
    response: dict[str, Any] = refusal.response if isinstance(refusal, ClientError) else {}
    reasons = response.get("CancellationReasons", [])
    codes = [reason["Code"] for reason in reasons]
    counter_is_full = codes[1:] == ["ConditionalCheckFailed"] and codes[0] == "None"
    return 8 if counter_is_full else 1


def of_events(made: dict[str, int], records: int, *, requests: bool) -> int:
    """For one of the six event functions."""
    earned = records * (2 if requests else 1) + made.get(FURTHER, 0)
    most = records * (1 + MOST_FOR_CLAIM if requests else MOST_FOR_WRITE)
    ahead = -(-records // MOST_KEYS) if records > 1 and not requests else 0
    return min(earned, most) + ahead + REJECTING_CALLS * min(made.get("Reject", 0), records)


def of_waiting(made: dict[str, int], records: int) -> int:
    """For what takes events, replies and wakes of sagas that wait: a read and a write each."""
    return min(2 * records + made.get(FURTHER, 0), records * (1 + MOST_FOR_WRITE)) + REJECTING_CALLS * min(
        made.get("Reject", 0), records
    )


def messages_of_write(resources: Any) -> int:
    """What the release that runs in this process can emit at once: a start and its steps, or an end and its undoing."""
    steps = [step for rules in resources.rules for step in rules.definition.steps]
    starting = sum(len(step.emits) for step in steps)
    undoing = sum(len(step.undo.emits) for step in steps if step.undo is not None)
    return 1 + max(starting, undoing)


def of_relay(made: dict[str, int], records: int, resources: Any) -> int:
    """Full requests, unless inlined scripts fill them. A republish reads a saga and sends all it ever emitted."""
    reads = min(made.get("GetItem", 0), 1)
    scripts = min(made.get("GetObject", 0), records)
    messages = messages_of_write(resources) * (records + reads) + reads * MAX_LATE_UNDOS
    entries: int | None = type(resources.publisher).publish.__globals__.get("MAX_ENTRIES")
    requests = -(-messages // entries) if entries else 0  # the topic is no service of AWS
    rejected = min(made.get("Reject", 0), messages)
    wakes = min(made.get("SendMessageBatch", 0), records)
    return scripts * 2 + requests + reads + REJECTING_CALLS * rejected + wakes


def of_checker(made: dict[str, int], shards: int, languages: int) -> int:
    """A query for each page of each shard; what it lists is read and ended. Limits are read, and settled."""
    listed = made.get(LISTED, 0)
    counters = min(made.get(COUNTERS, 0), 2 + languages * MOST_FOR_SETTLING)
    pages = shards + made.get(PAGES, 0)
    # What nobody can read is set aside.
    rejected = REJECTING_CALLS * min(made.get("Reject", 0), listed)
    return counters + pages + listed + min(listed + made.get(FURTHER, 0), listed * MOST_FOR_WRITE) + rejected
