"""Everything fails for a while: a minute of throttled calls, and a relay that is off for longer than a stream keeps."""

import random
from collections import Counter
from typing import Final

import pytest

from saga_orchestrator.domain.errors import RetryableError
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.entrypoints.event_function import EventFunction
from saga_testing.faults import Fault
from saga_testing.lambda_context import Context
from saga_testing.samples.sample_events import event, eventbridge, iso
from tests.proof.load.account import Account
from tests.proof.load.figures import Figures, Measured
from tests.proof.load.trouble import Trouble

STREAM_HOURS: Final = 24
"""DynamoDB Streams keep a record for 24 hours (Amazon DynamoDB developer guide, change data capture)."""
CALLS_OF_A_FAILING_DELIVERY: Final = 1
"""The SDK has tried again already: the code gives up at once, and the source delivers again later."""
RUNS_TO_RECOVER: Final = 2


def throttled_minute(sagas: int) -> Figures:
    """Every call of a minute is throttled: nothing is acknowledged, nothing is lost, and little is spent."""
    account = Account(DEFAULT_LANGUAGE_LIMIT=str(sagas))
    at = account.process(threads=account.at.settings.batch_concurrency)
    names = [f"ex-{number}" for number in range(sagas)]
    for name in names:
        account.deliver_to(at, event("EXECUTION_REQUESTED", name))
    account.relay_all(at)
    sent, lost = names[: sagas // 2], names[sagas // 2 :]
    ends = [event("EXECUTION_COMPLETED", name) for name in sent]
    account.now += 3_600_000

    account.busy.trouble = Trouble(random.Random(1), everywhere=Fault.THROTTLED)
    account.calls.clear()
    with Measured("a minute of throttles", "deliveries", account) as measured:
        for each in ends:
            with pytest.raises(RetryableError):
                EventFunction(at, EventType.COMPLETED).run(eventbridge(each), Context())
        calls = account.calls.total()
        with pytest.raises(RetryableError):
            account.check_from(at, Context())
    assert calls <= CALLS_OF_A_FAILING_DELIVERY * len(ends)
    assert {item["state"]["S"] for item in account.stored_sagas()} == {"running"}

    account.busy.trouble = None
    for each in ends:
        account.deliver_to(at, each)
    ended = sum(account.check_from(at, Context())["timed_out"] for _ in range(RUNS_TO_RECOVER))
    account.relay_all(at)
    at.executor.shutdown()

    assert ended == len(lost)
    assert Counter(item["state"]["S"] for item in account.stored_sagas()) == {
        "completed": len(sent),
        "timeout": len(lost),
    }
    assert (account.slots(), account.rejected()) == (0, [])
    said = Counter((body["execution_id"], body["message_type"]) for body in account.take_published())
    assert all(said[name, "SAGA_COMPLETED"] == 1 for name in sent)
    assert all(said[name, "SAGA_TIMEOUT"] == said[name, "DELETE_POD_COMMAND"] == 1 for name in lost)
    return measured.of(len(ends))


def relay_off_for_a_day(sagas: int) -> Figures:
    """The records are gone when the relay comes back: what sagas still owe is rendered again from the table."""
    account = Account(DEFAULT_LANGUAGE_LIMIT=str(sagas))
    at = account.process(threads=account.at.settings.batch_concurrency)
    names = [f"ex-{number}" for number in range(sagas)]
    for name in names:
        account.deliver_to(at, event("EXECUTION_REQUESTED", name))
    account.now += (STREAM_HOURS + 1) * 3_600_000
    while account.check_from(at, Context())["unfinished"]:
        pass
    waiting = [f"late-{number}" for number in range(sagas)]
    for name in waiting:
        account.deliver_to(at, event("EXECUTION_REQUESTED", name, timestamp=iso(account.now)))
    account.table.stream.clear()

    keys = [{"execution_id": name, "saga_name": "execution_saga"} for name in (*names, *waiting)]
    with Measured("republished after a day", "sagas", account) as measured:
        answer = account.republish(at, keys)
    at.executor.shutdown()

    said = Counter((body["execution_id"], body["message_type"]) for body in account.take_published())
    assert set(said.values()) == {1}, "each message once"
    assert {kind for name, kind in said if name in set(names)} == {"SAGA_STARTED", "SAGA_TIMEOUT", "DELETE_POD_COMMAND"}
    assert {kind for name, kind in said if name in set(waiting)} == {"SAGA_STARTED", "CREATE_POD_COMMAND"}
    assert len(said) == 3 * sagas + 2 * sagas
    assert len(answer["skipped"]) == sagas, "no pod is created for a saga that is over"
    return measured.of(len(keys))
