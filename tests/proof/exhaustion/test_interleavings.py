"""Every schedule of every pair of handlers, at the granularity of AWS calls: the outcome is that of one order or the
other. Nothing in between exists, so no lock is needed and no race can be lost silently.

Of schedules that differ only in the order of steps that commute one is played; SAGA_EXHAUSTIVE=1 plays them all.
"""

import copy
import itertools
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from saga_testing.samples.sample_events import event, eventbridge
from tests.proof.exhaustion.conftest import Figures
from tests.proof.exhaustion.deployment import Account, CheckedDeployment, Delivery
from tests.proof.exhaustion.footprints import commute, never
from tests.proof.exhaustion.interleaving import run_interleaved
from tests.proof.exhaustion.scenarios import PRIORS, deliveries, prior
from tests.proof.exhaustion.sleep_sets import Independent, Search, every_schedule

ON_ONE_SAGA = [name for name in deliveries() if name not in {"relay", "deadline"} and "Kafka" not in name]


def staged(prior_name: str, limit: int = 1) -> CheckedDeployment:
    deployment = CheckedDeployment(limit)
    deployment.open_counter()
    for step in prior(prior_name):
        deployment.carry_out(step)
    return deployment


def outcome(deployment: CheckedDeployment) -> Account:
    deployment.carry_out(deliveries()["relay"])
    return copy.deepcopy(deployment.account())


@pytest.fixture
def independent(exhaustive: bool) -> Independent:
    """Which steps are not played in both orders."""
    return never if exhaustive else commute


def explore(prior_name: str, together: tuple[Delivery, ...], independent: Independent = commute) -> int:
    return explore_from(lambda: staged(prior_name), together, independent)


def explore_from(
    stage: Callable[[], CheckedDeployment], together: tuple[Delivery, ...], independent: Independent = commute
) -> int:
    """Run the schedules; each must end as some serial order ends. Returns how many were played."""
    serial = [serial_outcome(stage(), order) for order in itertools.permutations(together)]
    names = " and ".join(delivery.name for delivery in together)
    schedules = 0
    for deployment, search in played(stage, together, independent):
        schedules += 1
        assert outcome(deployment) in serial, f"{names}, schedule {search.schedule}: as in no serial order"
    return schedules


def played(
    stage: Callable[[], CheckedDeployment], together: tuple[Delivery, ...], independent: Independent
) -> Iterator[tuple[CheckedDeployment, Search]]:
    """Each deployment as a schedule left it."""
    last: list[CheckedDeployment] = []

    def run(search: Search) -> bool:
        last[:] = [stage()]
        return run_interleaved(last[0], together, search)

    for search in every_schedule(run, independent):
        yield last[0], search


def serial_outcome(deployment: CheckedDeployment, order: tuple[Delivery, ...]) -> Account:
    for delivery in order:
        deployment.carry_out(delivery)
    return outcome(deployment)


@pytest.mark.parametrize("prior_name", PRIORS)
def test_two_events_of_one_execution_end_as_if_one_after_the_other(
    prior_name: str, independent: Independent, figures: Figures
) -> None:
    schedules = 0
    for one, other in itertools.combinations_with_replacement(ON_ONE_SAGA, 2):
        schedules += explore(prior_name, (deliveries()[one], deliveries()[other]), independent)
    figures(f"every pair of events on {prior_name}: {schedules} schedules")


def test_the_relay_and_every_event_end_as_if_one_after_the_other(independent: Independent, figures: Figures) -> None:
    """The relay holds a batch that was read before the event's write: it must neither lose nor repeat a message.

    Another relay at work on the same batch is among them: a mapping may deliver it twice at a time.
    """
    schedules = 0
    for prior_name in PRIORS:
        for name in [*ON_ONE_SAGA, "relay"]:
            schedules += explore(prior_name, (deliveries()["relay"], deliveries()[name]), independent)
    figures(f"the relay and every event or relay: {schedules} schedules")


def test_the_deadline_and_every_event_end_as_if_one_after_the_other(independent: Independent, figures: Figures) -> None:
    """Two checkers at once as well: a double firing cannot happen. And the relay, at what they write."""
    checker = Delivery("checker", "checker")
    schedules = 0
    for prior_name in ("running", "running, pod started"):
        for name in [*ON_ONE_SAGA, "checker", "relay"]:
            other = checker if name == "checker" else deliveries()[name]
            schedules += explore_from(partial(overdue, prior_name), (checker, other), independent)
    figures(f"a passed deadline and every event, check and relay: {schedules} schedules")


def overdue(prior_name: str) -> CheckedDeployment:
    deployment = staged(prior_name)
    deployment.now += 3_600_000
    return deployment


def request(execution_id: str) -> Delivery:
    detail = event("EXECUTION_REQUESTED", execution_id)
    return Delivery(f"request of {execution_id}", "EXECUTION_REQUESTED", eventbridge(detail))


@pytest.mark.parametrize("prior_name", ["nothing", "running", "cancelled"])
def test_two_requests_never_share_the_last_slot(prior_name: str, independent: Independent) -> None:
    """Where each is one transaction there are two ways only, one before the other."""
    assert explore(prior_name, (request("ex-7"), request("ex-8")), independent) >= 2


@pytest.mark.parametrize("terminal", ["completed", "failed", "timed out", "cancel by the owner"])
def test_a_slot_given_back_while_another_asks_for_it_is_taken_once_or_refused(
    terminal: str, independent: Independent
) -> None:
    assert explore("running", (deliveries()[terminal], request("ex-7")), independent) > 2


TRIPLES = [
    ("nothing", ("request", "started", "completed")),
    ("nothing", ("request", "request again", "cancel by the owner")),
    ("nothing", ("started", "completed", "failed")),
    ("stub: started", ("request", "completed", "cancel by the owner")),
    ("running", ("started", "completed", "cancel by the owner")),
    ("running", ("completed", "failed", "timed out")),
    ("running", ("started", "cancel by a stranger", "cancel by an operator")),
    ("running, pod started", ("completed", "cancel by the owner", "request again")),
    ("cancelled", ("started", "completed", "request again")),
    ("nothing", ("request", "request of other content", "started")),
    ("stub: completed", ("request", "request again", "started")),
    ("nothing", ("request", "failed", "cancel by the owner")),
]


@pytest.mark.parametrize(("prior_name", "names"), TRIPLES, ids=[" + ".join(names) for _, names in TRIPLES])
def test_three_at_once_end_as_if_one_after_the_other(
    prior_name: str, names: tuple[str, ...], independent: Independent, figures: Figures
) -> None:
    together = tuple(deliveries()[name] for name in names)
    figures(f"{' + '.join(names)} on {prior_name}: {explore(prior_name, together, independent)} schedules")
