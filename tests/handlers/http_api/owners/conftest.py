"""One house for the tests of a module that change nothing in it."""

import pytest

from tests.handlers.http_api.owners.house import House


@pytest.fixture(scope="module")
def house() -> House:
    return House()
