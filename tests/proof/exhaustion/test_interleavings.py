"""Every schedule of every pair of handlers, at the granularity of AWS calls: the outcome is that of one order or the
other. Nothing in between exists, so no lock is needed and no race can be lost silently."""

import copy
import itertools

import pytest

from saga_testing.sample_events import event, eventbridge
from tests.proof.exhaustion.conftest import Figures
from tests.proof.exhaustion.deployment import Account, CheckedDeployment, Delivery
from tests.proof.exhaustion.interleaving import every_schedule, run_interleaved
from tests.proof.exhaustion.scenarios import PRIORS, deliveries, prior

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


def serial_outcomes(prior_name: str, together: tuple[Delivery, ...], limit: int = 1) -> list[Account]:
    found = []
    for order in itertools.permutations(together):
        deployment = staged(prior_name, limit)
        for delivery in order:
            deployment.carry_out(delivery)
        found.append(outcome(deployment))
    return found


def explore(prior_name: str, together: tuple[Delivery, ...], limit: int = 1) -> int:
    """Run every schedule; each must end as some serial order ends. Returns how many there were."""
    serial = serial_outcomes(prior_name, together, limit)
    last: list[CheckedDeployment] = []

    def run(schedule: tuple[int, ...]) -> list[tuple[int, int]]:
        last[:] = [staged(prior_name, limit)]
        return run_interleaved(last[0], together, schedule)

    schedules = 0
    for schedule in every_schedule(run):
        schedules += 1
        names = " and ".join(delivery.name for delivery in together)
        assert outcome(last[0]) in serial, f"{names} on {prior_name!r}, schedule {schedule}: as in no serial order"
    return schedules


@pytest.mark.parametrize("prior_name", PRIORS)
def test_two_events_of_one_execution_end_as_if_one_after_the_other(prior_name: str, figures: Figures) -> None:
    schedules = 0
    for one, other in itertools.combinations_with_replacement(ON_ONE_SAGA, 2):
        schedules += explore(prior_name, (deliveries()[one], deliveries()[other]))
    figures(f"every pair of events on {prior_name}: {schedules} schedules")


def test_the_relay_and_every_event_end_as_if_one_after_the_other(figures: Figures) -> None:
    """The relay holds a batch that was read before the event's write: it must neither lose nor repeat a message.

    Another relay at work on the same batch is among them: a mapping may deliver it twice at a time.
    """
    schedules = 0
    for prior_name in PRIORS:
        for name in [*ON_ONE_SAGA, "relay"]:
            schedules += explore(prior_name, (deliveries()["relay"], deliveries()[name]))
    figures(f"the relay and every event or relay: {schedules} schedules")


def test_the_deadline_and_every_event_end_as_if_one_after_the_other(figures: Figures) -> None:
    """Two checkers at once as well: a double firing cannot happen. And the relay, at what they write."""
    checker = Delivery("checker", "checker")
    schedules = 0
    for prior_name in ("running", "running, pod started"):
        for name in [*ON_ONE_SAGA, "checker", "relay"]:
            other = checker if name == "checker" else deliveries()[name]
            schedules += explore_when_due(prior_name, (checker, other))
    figures(f"a passed deadline and every event, check and relay: {schedules} schedules")


def explore_when_due(prior_name: str, together: tuple[Delivery, ...]) -> int:
    serial = []
    for order in itertools.permutations(together):
        deployment = overdue(prior_name)
        for delivery in order:
            deployment.carry_out(delivery)
        serial.append(outcome(deployment))
    last: list[CheckedDeployment] = []

    def run(schedule: tuple[int, ...]) -> list[tuple[int, int]]:
        last[:] = [overdue(prior_name)]
        return run_interleaved(last[0], together, schedule)

    schedules = 0
    for schedule in every_schedule(run):
        schedules += 1
        assert outcome(last[0]) in serial, f"{together[1].name} on overdue {prior_name!r}, schedule {schedule}"
    return schedules


def overdue(prior_name: str) -> CheckedDeployment:
    deployment = staged(prior_name)
    deployment.now += 3_600_000
    return deployment


def request(execution_id: str) -> Delivery:
    detail = event("EXECUTION_REQUESTED", execution_id)
    return Delivery(f"request of {execution_id}", "EXECUTION_REQUESTED", eventbridge(detail))


@pytest.mark.parametrize("prior_name", ["nothing", "running", "cancelled"])
def test_two_requests_never_share_the_last_slot(prior_name: str) -> None:
    schedules = explore(prior_name, (request("ex-7"), request("ex-8")))
    assert schedules > 2


@pytest.mark.parametrize("terminal", ["completed", "failed", "timed out", "cancel by the owner"])
def test_a_slot_given_back_while_another_asks_for_it_is_taken_once_or_refused(terminal: str) -> None:
    assert explore("running", (deliveries()[terminal], request("ex-7"))) > 2


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
LARGE_TRIPLES = {names for prior_name, names in TRIPLES if prior_name == "nothing" and "request" in names} | {
    ("request", "completed", "cancel by the owner"),
    ("started", "cancel by a stranger", "cancel by an operator"),
    ("request", "request again", "started"),
}


@pytest.mark.parametrize(("prior_name", "names"), TRIPLES, ids=[" + ".join(names) for _, names in TRIPLES])
def test_three_at_once_end_as_if_one_after_the_other(
    prior_name: str, names: tuple[str, ...], exhaustive: bool, figures: Figures
) -> None:
    """All schedules of twelve triples; the largest are left to the nightly run."""
    together = tuple(deliveries()[name] for name in names)
    if names in LARGE_TRIPLES and not exhaustive:
        pytest.skip("thousands of schedules: run with SAGA_EXHAUSTIVE=1")
    figures(f"{' + '.join(names)} on {prior_name}: {explore(prior_name, together)} schedules")
