"""The door of an API that can call the functions of its stack."""

import pytest

from saga_testing.deployment import Deployment
from saga_testing.http_door import HttpDoor, connect


@pytest.fixture
def door(stack: Deployment) -> HttpDoor:
    connect(stack, stack.aws.functions)
    return HttpDoor(stack.at)
