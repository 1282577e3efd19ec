"""One process of the API of a deployment with operations."""

import pytest

from saga_testing.deployment import Deployment
from tests.handlers.http_api.operations.desk import Desk


@pytest.fixture
def desk(stack: Deployment) -> Desk:
    return Desk.of(stack)
