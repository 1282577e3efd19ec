"""A finished demo made by hand: every execution as its case expects, every promise held, nothing started."""

from collections import Counter
from typing import Any

from demo.cases import BURST_LIMIT, BURST_SLUG, What
from demo.executions import Execution, body_of
from demo.expectations import Expected, Pods
from demo.observer import Observer
from demo.orders import Order, OrderEvidence
from demo.playing import Account, Outcome
from demo.tally import Tally
from demo.verification import Evidence
from demo.workload import plan
from local_participant import ParticipantAccount
from local_worker import WorkerCounts
from saga_orchestrator.domain.events import ExecutionRequest, Script
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.domain.states import SagaState

_COMMANDS = {
    Pods.NONE: (),
    Pods.CREATED: ("CREATE_POD_COMMAND",),
    Pods.CREATED_AND_DELETED: ("CREATE_POD_COMMAND", "DELETE_POD_COMMAND"),
    Pods.DELETED: ("DELETE_POD_COMMAND",),
}


def hear(observer: Observer, execution_id: str, message_type: str, message_id: str | None = None, **more: Any) -> None:
    """One message on the bus."""
    key = message_id or f"{execution_id}/{message_type}"
    saga_name = more.pop("saga_name", "execution_saga")
    body = {"message_id": key, "message_type": message_type, "execution_id": execution_id, "saga_name": saga_name}
    observer.take(body | more)


def perfect_evidence() -> Evidence:
    workload = plan(40, seed=7)
    observer = Observer(None, None, "bus")
    sagas, pods = [], Counter[Pods]()
    admitted = 0
    for at, execution in enumerate(workload.executions):
        expected = execution.case.expected[0]
        if execution.case.slug == BURST_SLUG:
            admitted += 1
            expected = execution.case.expected[admitted > BURST_LIMIT]
        pods[expected.pods] += 1
        for message_type in (*_COMMANDS[expected.pods], f"SAGA_{expected.state.upper()}"):
            hear(observer, execution.id, message_type)
        sagas.append(_saga(execution, expected, at))
    created, deleted = pods[Pods.CREATED] + pods[Pods.CREATED_AND_DELETED], pods[Pods.CREATED_AND_DELETED]
    rejected = Counter(event.reason for event in workload.bad_events if event.reason is not None)
    for execution in workload.executions:
        rejected.update(execution.case.rejects)
    for order in workload.orders:
        rejected.update(order.case.rejects)
        sagas.append(_saga_of(order))
        _hear_order(observer, order)
    return Evidence(
        executions=workload.executions,
        bad_events=workload.bad_events,
        sagas=tuple(sagas),
        counters={("python-batch", 0): 0},
        most_held={"python-batch": BURST_LIMIT},
        observer=observer,
        still_open=(),
        rejected=rejected,
        undelivered=0,
        lost=Counter(),
        worker=WorkerCounts(created, created - deleted, deleted, 0, 0, 3, 0, 0),
        orders=OrderEvidence(workload.orders, ParticipantAccount(9, 0, 8, 1, 0, 0, held_by(workload.orders))),
    )


def held_by(orders: tuple[Order, ...]) -> tuple[str, ...]:
    """What a participant holds when everything went as expected."""
    kept = ("RESERVE_CREDIT_COMMAND", "RESERVE_STOCK_COMMAND", "SHIP_ORDER_COMMAND")
    confirmed = (order.id for order in orders if order.case.end.state == "completed")
    return tuple(f"{order_id} {command}" for order_id in confirmed for command in kept)


def _hear_order(observer: Observer, order: Order) -> None:
    end = order.case.end
    for message_type in (*end.heard, f"SAGA_{end.state.upper()}"):
        hear(observer, order.id, message_type, saga_name="order_saga")
    for number in range(1, order.case.releases):
        again = f"{order.id}/release#{number}"
        hear(observer, order.id, "RELEASE_CREDIT_COMMAND", again, saga_name="order_saga")


def _saga_of(order: Order) -> Saga:
    return Saga(
        execution_id=order.id,
        saga_name="order_saga",
        definition_version=1,
        state=SagaState(order.case.end.state),
        version=5,
        created_at=0,
        correlation_id="c",
        reason=order.case.end.reason,
        ended_at=5,
    )


def outcome_of(evidence: Evidence) -> Outcome:
    tally = Tally()
    tally.seconds["requests"] = 2.5
    account = Account(
        sent=Counter({"EXECUTION_REQUESTED": 10}),
        invocations=Counter({"requests": 8}),
        errors=Counter(),
        aws_calls=Counter({("requests", "dynamodb:PutItem"): 15, ("somebody", "s3:GetObject"): 99}),
        tally=tally,
        folders={"requests": "execution_requested", "relay": "command_relay"},
        copies=12,
    )
    return Outcome(evidence, account, {"start": 1.0, "play": 20.5})


def _saga(execution: Execution, expected: Expected, at: int) -> Saga:
    took_slot = expected.pods in {Pods.CREATED, Pods.CREATED_AND_DELETED}
    return Saga(
        execution_id=execution.id,
        saga_name="execution_saga",
        definition_version=1,
        state=SagaState(expected.state),
        version=3,
        created_at=at,
        correlation_id="c",
        request=_request(execution),
        completed_steps=("allocate_resources",) if took_slot else (),
        reason=expected.reason,
        exit_code=expected.exit_code,
        error_type=expected.error_type,
        ended_at=at + 5,
    )


def _request(execution: Execution) -> ExecutionRequest:
    fields = body_of(execution, What.REQUEST)[1]
    names = [name for name in ExecutionRequest.__dataclass_fields__ if name not in {"runtime_command", "script"}]
    return ExecutionRequest(
        **{name: fields[name] for name in names},
        runtime_command=tuple(fields["runtime_command"]),
        script=Script(size=len(execution.script), sha256=b"0" * 32),
    )
