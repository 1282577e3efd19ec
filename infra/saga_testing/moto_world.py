"""The same deployment over moto: botocore's own clients, with what they check and serialise, answer the handlers."""

import functools
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import ClientError
from moto import mock_aws

from saga_orchestrator.adapters.sdk import Sdk
from saga_orchestrator.application.ports import Reporting
from saga_orchestrator.domain.registry import SagaRegistry
from saga_testing.aws.functions import SimulatedFunctions
from saga_testing.deployment import EXECUTIONS, Deployment, Json
from saga_testing.saga_table import OPERATOR_TABLE, SAGA_TABLE
from saga_testing.wire import SERVICES, Wire

DATA_CALLS: Final = frozenset({"PutItem", "UpdateItem", "GetItem", "TransactWriteItems", "BatchGetItem", "Query"})


@functools.cache
def _sdk_under_test() -> Sdk:
    """Shared by all tests of a process: making clients costs far more than using them."""
    return Sdk()


@functools.cache
def observer() -> Sdk:
    """Clients of the test itself, so that its own calls are not counted."""
    return Sdk()


class World(Deployment):
    """botocore's last step before the network is the seam here: whatever passes it is seen.

    Every call of the handlers is in `calls`, under its name on the wire, with its arguments."""

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        sagas: SagaRegistry = EXECUTIONS,
        telemetry: Reporting | None = None,
    ) -> None:
        self.calls: list[tuple[str, Json]] = []
        self._taken: list[Json] = []
        self.functions = SimulatedFunctions()
        self._lock = threading.RLock()  # moto's conditional writes are not atomic under threads
        super().__init__(settings, sagas=sagas, aws=observer(), telemetry=telemetry, executor=None)

    def sdk(self, wire: Wire) -> Any:
        del wire  # botocore's clients have a seam of their own
        sdk = _sdk_under_test()
        for service in SERVICES:
            client = getattr(sdk, service)
            # Whatever an earlier test put in front is gone.
            original = type(client)._make_api_call.__get__(client)
            client._make_api_call = functools.partial(self._call, original)
        # moto would run them in containers; here they are this process's, and call AWS themselves meanwhile.
        sdk.functions._make_api_call = self._invoke
        return sdk

    def _call(self, original: Any, name: str, arguments: Json) -> Any:
        with self._lock:
            self.calls.append((name, arguments))
            reply = original(name, arguments)
            if name == "PutEvents":
                self._taken += [json.loads(entry["Detail"]) for entry in arguments["Entries"]]
            return reply

    def _invoke(self, name: str, arguments: Json) -> Any:
        self.calls.append((name, arguments))
        return self.functions.invoke(**arguments)

    @property
    def published(self) -> list[Json]:
        return self._taken

    def rejected(self) -> list[Json]:
        """The pointers on the queue, which is empty afterwards."""
        sqs, url, found = observer().sqs, self.settings["REJECTED_QUEUE_URL"], []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def data_calls(self) -> list[str]:
        return [name for name, _ in self.calls if name in DATA_CALLS]

    def refuse_entries(self, code: str | None) -> None:
        """The bus answers `code` for every DELETE_POD_COMMAND; None: it fails the whole call."""
        client = self.at.sdk.events
        original = client._make_api_call

        def call(name: str, arguments: Json) -> Any:
            if code is None:
                raise ClientError({"Error": {"Code": "InternalException"}}, name)
            reply = original(name, arguments)
            reply["Entries"] = [
                {"ErrorCode": code, "ErrorMessage": "no"} if entry["DetailType"] == "DELETE_POD_COMMAND" else answer
                for entry, answer in zip(arguments["Entries"], reply["Entries"], strict=True)
            ]
            return reply

        client._make_api_call = call


@contextmanager
def moto_world() -> Iterator[World]:
    """An account with a table, a bucket, a bus and two queues, and one deployment in it."""
    with mock_aws():
        for table in (SAGA_TABLE, OPERATOR_TABLE):
            observer().dynamodb.create_table(**table)
        observer().s3.create_bucket(Bucket="payloads")
        observer().events.create_event_bus(Name="bus")
        rejected, wakes = (observer().sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("rejected", "wakes"))
        # Two shards, because moto takes a tenth of a second to open a counter of eight.
        yield World({"REJECTED_QUEUE_URL": rejected, "WAKE_QUEUE_URL": wakes, "COUNTER_SHARDS": "2"})
