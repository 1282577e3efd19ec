"""A limit holds whatever changes while work runs, with the real handlers; tests/proof has every order of small ones."""

from saga_orchestrator.adapters.counters.counter_items import counter_key, directory_key
from saga_testing import Deployment, event
from saga_testing.deployment import EXECUTIONS

FIELD_CASES = ("raise-shards", "lower-limit")

HELD = 100


def full(**settings: str) -> Deployment:
    """A hundred of a hundred slots taken."""
    deployment = Deployment({"DEFAULT_LANGUAGE_LIMIT": str(HELD), **settings}, sagas=EXECUTIONS)
    for number in range(HELD):
        deployment.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))
    assert deployment.slots() == HELD
    return deployment


def state_of(deployment: Deployment, execution_id: str) -> str:
    deployment.deliver(event("EXECUTION_REQUESTED", execution_id))
    saga = deployment.saga(execution_id)
    return "" if saga is None else f"{saga.state}: {saga.reason}"


def test_raise_shards() -> None:
    """No 101st runs, ever: before the checker has seen the change, after it, and when slots come back."""
    deployment = full(COUNTER_SHARDS="8")
    deployment.reconfigure(COUNTER_SHARDS="16")

    assert state_of(deployment, "before") == "failed: limit_reached"
    deployment.check()
    assert state_of(deployment, "after") == "failed: limit_reached"
    for number in range(30):
        deployment.deliver(event("EXECUTION_COMPLETED", f"ex-{number}"))
    states = [state_of(deployment, f"more-{number}") for number in range(40)]
    assert states == ["running: None"] * 30 + ["failed: limit_reached"] * 10
    assert deployment.slots() == HELD


def test_lower_limit() -> None:
    """No 51st runs: nobody is let in until fewer than fifty are left."""
    deployment = full()
    for number in range(50):
        deployment.deliver(event("EXECUTION_COMPLETED", f"ex-{number}"))
    deployment.reconfigure(DEFAULT_LANGUAGE_LIMIT="50")
    deployment.check()

    assert state_of(deployment, "the-51st") == "failed: limit_reached"
    deployment.deliver(event("EXECUTION_COMPLETED", "ex-99"))
    assert state_of(deployment, "the-50th") == "running: None"
    assert state_of(deployment, "again-a-51st") == "failed: limit_reached"
    assert deployment.slots() == 50


def test_two_releases_with_limits_of_their_own_go_by_the_one_in_force() -> None:
    deployment = Deployment({"DEFAULT_LANGUAGE_LIMIT": "4", "COUNTER_SHARDS": "2"}, sagas=EXECUTIONS)
    for number in range(20):
        deployment.reconfigure(DEFAULT_LANGUAGE_LIMIT=("4", "16")[number % 2], COUNTER_SHARDS=("2", "5")[number % 2])
        deployment.deliver(event("EXECUTION_REQUESTED", f"ex-{number}"))

    assert deployment.slots() == 4


def test_a_limit_closed_by_the_checker_binds_a_function_that_does_not_know_of_it() -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    deployment.deliver(event("EXECUTION_REQUESTED", "ex-0"))
    deployment.reconfigure(LANGUAGE_LIMITS='{"python": "closed"}')
    deployment.check()
    deployment.reconfigure(LANGUAGE_LIMITS="{}")

    assert state_of(deployment, "ex-1") == "failed: language_closed"


def test_a_counter_of_the_release_before_goes_on_with_the_same_shares() -> None:
    deployment = Deployment({"DEFAULT_LANGUAGE_LIMIT": "3", "COUNTER_SHARDS": "2"}, sagas=EXECUTIONS)
    for shard, taken in enumerate((2, 0)):
        item = {**counter_key("python", shard), "n": {"N": str(taken)}}
        deployment.aws.dynamodb.put_item(TableName="sagas", Item=item)

    assert [state_of(deployment, f"ex-{number}") for number in range(2)] == ["running: None", "failed: limit_reached"]


def test_the_checker_writes_nothing_where_limits_are_as_they_should_be() -> None:
    deployment = Deployment(sagas=EXECUTIONS)
    deployment.deliver(event("EXECUTION_REQUESTED"))
    before = deployment.items()

    deployment.check()

    assert deployment.items() == before


def test_a_counter_that_cannot_be_read_keeps_no_saga_from_its_end_and_no_other_language_from_its_limit() -> None:
    deployment = Deployment({"START_DEADLINE_SECONDS": "60"}, sagas=EXECUTIONS)
    for language in ("go", "python"):
        deployment.deliver(event("EXECUTION_REQUESTED", language, language=language))
    broken = {**(deployment.item("#counter#go#0", "#counter") or {}), "limit": {"S": "?"}}
    deployment.aws.dynamodb.put_item(TableName="sagas", Item=broken)
    deployment.reconfigure(DEFAULT_LANGUAGE_LIMIT="7")
    deployment.now += 61_000

    assert deployment.check()["timed_out"] == 2
    assert (deployment.item("#counter#python#0", "#counter") or {})["limit"] == {"N": "7"}


def test_the_directory_names_every_language_that_was_limited() -> None:
    deployment = Deployment({"LANGUAGE_LIMITS": '{"ruby": "unlimited"}'}, sagas=EXECUTIONS)
    for language in ("python", "go", "ruby", "go"):
        deployment.deliver(event("EXECUTION_REQUESTED", f"{language}-1", language=language))

    key = directory_key()
    item = deployment.item(key["execution_id"]["S"], key["saga_name"]["S"]) or {}
    assert set(item["languages"]["SS"]) == {"go", "python"}
