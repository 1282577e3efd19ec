"""No test may reach AWS: whatever forgets to name an emulator meets dead credentials and no metadata service.

And which tests belong together, by where they stand: `make proof` runs those that are `proof`, `make test` the others.
Tests of one group run in one process, one after the other, because they share what is expensive to make.
"""

import gc
from functools import cache
from pathlib import Path
from typing import Final

import botocore.loaders
import botocore.session
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TESTS: Final = Path(__file__).parent
PROOF: Final = (
    "proof/",  # every schedule, seeded worlds, drawn steps, load
    "release/built_artefact/test_wheel.py",  # an environment of its own, and a stack in it
    "release/security/test_bombs.py",
    "release/security/test_decoder_fuzzing.py",
    "release/security/test_secrets_scan.py",  # every file of the project
    "release/template/test_planted_bugs.py",  # whether the checks of the template see what they are there for
    "tools/console/test_incidents_in_the_browser.py",  # a stack for each incident
    "tools/console/test_on_the_local_stack.py",  # a stack of its own
    "tools/demo/test_demo_command.py",  # the whole demo, played and interrupted
    "tools/kubernetes_worker/test_contract.py",  # every clause of the contract, by the clock
    "tools/local_stack/test_envelopes_end_to_end.py",  # stacks of their own, by registry and by alias
    "tools/local_stack/test_wakes.py",
    "tools/console/test_looks.py",  # every page, seen by axe, small, and with many sagas
    "tools/sagactl/test_incidents.py",  # five stacks, each set right by its runbook
    "tools/sagactl/test_proving.py",  # whole proofs
    "tools/sagactl/test_verifying.py",  # a stack of its own with three bugs, and requests that go the whole way
    "tools/worker/contract/test_over_the_wire.py",
)
"""What takes a quarter of a minute or more and rarely fails by itself, by the beginning of its path."""
PARTLY: Final = (
    "handlers/http_api/operations/test_runner_interrupted.py",
    "release/template/test_declared.py",
    "tools/worker/contract/test_kit.py",
)
"""Files of both kinds, whose proofs are marked one by one."""
ALONE: Final = ""
KIT: Final = "tools/worker/contract/test_kit.py"
PLANTED: Final = "test_a_planted_bug_breaks_its_clause_and_no_other"
GROUPS: Final = {
    "tools/sagactl/": "operator",  # one stack serves them all
    "tools/console/": "browser",
    "tools/local_stack/": "stack",
    "tools/demo/": "demo",
    "tools/kubernetes_worker/": "cluster",
    # By the clock, so that two processes wait while the others work: each clause of the time limit takes its seconds.
    **dict.fromkeys((f"{KIT}::{PLANTED}[{obligation}." for obligation in (7, 8, 9)), "waits"),
    KIT: "waits too",
    "tools/": "programs",  # worker and participant, timed by the clock
    "release/built_artefact/": "artefact",  # one `sam build` serves all
    "proof/load/": "load",
    "proof/reconcile/": "load",
    "proof/simulation/": "worlds",  # the same seeds are played once
}
"""By the beginning of a test's path, the longer ones first."""

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
    for item in items:
        if item.nodeid.startswith(tuple(f"tests/{place}" for place in PROOF)):
            item.add_marker(pytest.mark.proof)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Neither target reads the other's files: each process of theirs would, only to leave them out."""
    wanted = {"proof": True, "not proof": False}.get(config.getoption("markexpr", default=""))
    if wanted is None or collection_path.suffix != ".py" or not collection_path.is_relative_to(TESTS):
        return None
    place = collection_path.relative_to(TESTS).as_posix()
    return True if place.startswith(PROOF) is not wanted and place not in PARTLY else None


def pytest_collection_finish() -> None:
    """What was collected stays to the end, and what tests keep grows to hundreds of megabytes: to go through all that
    again and again for garbage was a seventh of a process's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Groups whole and the largest first, everything else test by test to whoever is free.

    A scheduler of our own, because marking groups has no effect: pytest-xdist 3.8 writes them into an attribute that
    pytest no longer has, and then deals out each test alone.
    """

    @cache  # noqa: B019 - of one run, which it lasts as long as
    def _split_scope(self, nodeid: str) -> str:
        return next((group for place, group in GROUPS.items() if nodeid.startswith(f"tests/{place}")), ALONE) or nodeid

    def _pending_of(self, workload: dict[str, dict[str, bool]]) -> int:
        """Asked with each result. What is done is forgotten, where the base would count through all that ever was."""
        for scope in [scope for scope, tests in workload.items() if all(tests.values())]:
            del workload[scope]
        return int(super()._pending_of(workload))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup:
    return ByGroup(config, log)
