"""What a client is told of a running stack."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from local_stack.aws import AwsClients
from local_stack.functions import FunctionSpec
from local_stack.ready import ready_file
from local_stack.template import Provisioned

GIVEN = {
    "EVENT_BUS_NAME": "bus",
    "REJECTED_QUEUE_URL": "http://queue",
    "SAGA_TABLE": "sagas",
    "PAYLOAD_BUCKET": "bucket",
}
NOT_NEEDED = {"EVENT_BUS_NAME": "", "REJECTED_QUEUE_URL": "none", "SAGA_TABLE": "sagas"}


@pytest.mark.parametrize("environments", [(GIVEN, NOT_NEEDED), (NOT_NEEDED, GIVEN)], ids=["last", "first"])
def test_a_function_that_is_given_no_name_hides_it_from_nobody(environments: tuple[Mapping[str, str], ...]) -> None:
    made = Provisioned()
    for number, environment in enumerate(environments):
        name = f"function-{number}"
        made.functions[name] = FunctionSpec(name, name, "arn", "handler", Path(), environment=environment)

    told = ready_file(made, AwsClients("http://127.0.0.1:1", "us-east-1", "key"), "127.0.0.1:2")

    assert (told.event_bus, told.rejected_queue_url) == ("bus", "http://queue")
    assert (told.table, told.payload_bucket) == ("sagas", "bucket")
