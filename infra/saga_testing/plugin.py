"""pytest finds these fixtures when a conftest says `pytest_plugins = ["saga_testing.plugin"]`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from saga_testing.deployment import Deployment

if TYPE_CHECKING:
    from saga_testing.moto_world import World


@pytest.fixture
def deployment() -> Deployment:
    """One deployment in memory, with the registered sagas."""
    return Deployment()


@pytest.fixture
def world() -> Iterator["World"]:
    """One deployment of the execution saga over moto, which is imported by whoever asks for it."""
    from saga_testing.moto_world import moto_world  # noqa: PLC0415 - moto takes a second to import

    with moto_world() as made:
        yield made
