"""Test a saga of your own against the real engine, in memory and without a network.

    def test_the_workspace_goes_when_the_execution_fails() -> None:
        deployment = Deployment(sagas=SagaRegistry((WORKSPACE_SAGA,)))
        for name in ("EXECUTION_REQUESTED", "EXECUTION_STARTED", "EXECUTION_FAILED"):
            deployment.deliver(event(name))
        deployment.relay_stream()

        saga = deployment.saga(saga_name="workspace_saga")
        assert saga is not None
        assert (saga.state, saga.compensated_steps) == ("failed", ("create_workspace",))
        assert deployment.published_types()[-2:] == ["DELETE_WORKSPACE_COMMAND", "SAGA_FAILED"]

A `Deployment` is the handlers, the store, the relay and the timeout checker as they are deployed, over an AWS in memory
whose conditional writes, transactions, index and stream behave as AWS documents them. Its clock stands still until
`advance`. What can go wrong is injected through its `wire`: `Wire(plan={2: Fault.REPLY_LOST})` loses the reply of the
third call. `RecordingTelemetry` says what was counted, a `TableReader` reads any table of the same shape.

With `pytest_plugins = ["saga_testing.plugin"]` in a conftest, `deployment` is a fixture, and so is `world`: the same
deployment over moto, for whoever wants botocore's own clients in between.
"""

from saga_testing.aws.account import QUEUE_URL, STREAM_ARN, SimulatedAws
from saga_testing.deployment import ENVIRONMENT, EXECUTIONS, EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.executor import InTurn
from saga_testing.faults import Fault, Killed, inflict, possible_at
from saga_testing.history import History
from saga_testing.lambda_context import Context
from saga_testing.saga_table import SAGA_TABLE
from saga_testing.samples.sample_events import NOW_MS, OWN_FIELDS, event, eventbridge, iso, kafka
from saga_testing.samples.sample_request import REQUEST
from saga_testing.table_reader import TableReader
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire

__all__ = [
    "ENVIRONMENT",
    "EXECUTIONS",
    "EXECUTIONS_AND_ORDERS",
    "NOW_MS",
    "OWN_FIELDS",
    "QUEUE_URL",
    "REQUEST",
    "SAGA_TABLE",
    "STREAM_ARN",
    "Context",
    "Deployment",
    "Fault",
    "History",
    "InTurn",
    "Killed",
    "RecordingTelemetry",
    "SimulatedAws",
    "TableReader",
    "Wire",
    "event",
    "eventbridge",
    "inflict",
    "iso",
    "kafka",
    "possible_at",
]
