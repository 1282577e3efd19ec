"""A deployment that takes executions and orders, and the door in front of it."""

import pytest

from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.http_door import HttpDoor
from saga_testing.telemetry import RecordingTelemetry


@pytest.fixture
def counted() -> RecordingTelemetry:
    return RecordingTelemetry()


@pytest.fixture
def stack(counted: RecordingTelemetry) -> Deployment:
    return Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=counted)


@pytest.fixture
def door(stack: Deployment) -> HttpDoor:
    return HttpDoor(stack.at)
