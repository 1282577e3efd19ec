"""An issuer, with a console at an address of its own."""

from collections.abc import Iterator

import pytest

from local_stack.issuer.serving import Issuer

FRONT = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    found = Issuer()
    found.clients.serve_console_at(FRONT)
    yield found
    found.close()
