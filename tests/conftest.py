"""No test may reach AWS: whatever forgets to name an emulator meets dead credentials and no metadata service.

And which tests belong together, by where they stand: `make proof` runs those that are `proof`, `make test` the others.
Tests of one group never run side by side, because they are timed by the clock or share what is expensive to make.
"""

from functools import cache
from pathlib import Path
from typing import Final

import botocore.loaders
import botocore.session
import pytest

TESTS: Final = Path(__file__).parent
PROOF: Final = ("proof",)
"""Folders of what takes minutes: every schedule, seeded worlds, drawn steps, load."""
GROUPS: Final = {
    "tools": "stack",  # one local stack at a time, and nothing else that is timed beside it
    "proof/load": "stack",
    "proof/reconcile": "stack",
    "proof/simulation": "worlds",  # the same seeds are played once
    "release/built_artefact": "stack",  # one `sam build` serves all, and the wheel starts a stack of its own
}

pytest_plugins = ["saga_testing.plugin"]


def pytest_configure() -> None:
    """One loader for all of a process: each test makes sessions of its own, and each would read AWS's models again.

    A loader keeps what it read, and a session's clients share one already.
    """
    botocore.session.create_loader = cache(botocore.loaders.create_loader)


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Grouped tests first: what takes longest must not be what is begun last."""
    for item in items:
        place = item.path.relative_to(TESTS).as_posix() if item.path.is_relative_to(TESTS) else ""
        if place.startswith(tuple(f"{folder}/" for folder in PROOF)):
            item.add_marker(pytest.mark.proof)
        for folder, group in GROUPS.items():
            if place.startswith(f"{folder}/"):
                item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
