"""The table is played on the handlers' world."""

from tests.handlers.conftest import world  # noqa: F401 - a fixture is found by its name here
