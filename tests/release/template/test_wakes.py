"""The queue of wakes: what it holds is worth nothing for long, and switched off there is none of it."""

import json

from saga_orchestrator.domain.flow.dues import MAX_DELAY_SECONDS
from tests.release.template.deployment import NO_WAKES, SAGA_WAKE, deploy

QUEUE = deploy().properties["WakeQueue"]
LONGEST_CHECK_INTERVAL = 15 * 60


def test_a_wake_outlives_its_delay_and_the_checkers_next_run_and_no_more() -> None:
    longest = max(MAX_DELAY_SECONDS, LONGEST_CHECK_INTERVAL)

    assert longest < QUEUE["MessageRetentionPeriod"] <= 2 * longest


def test_what_failed_comes_again_after_its_function_and_before_the_checker() -> None:
    # Lambda refuses a mapping of a queue whose messages are visible again while the function still has them.
    assert deploy().properties[SAGA_WAKE]["Timeout"] < QUEUE["VisibilityTimeout"] < 60


def test_a_hint_that_nobody_took_has_no_queue_of_its_own() -> None:
    assert "RedrivePolicy" not in QUEUE


def test_no_delay_of_the_queues_is_added_to_that_of_a_wake() -> None:
    assert QUEUE.keys() & {"DelaySeconds", "FifoQueue"} == set()


def test_switched_off_nothing_of_it_is_left() -> None:
    with_wakes, without = deploy(), deploy(NO_WAKES)
    gone = set(with_wakes.properties) - set(without.properties)

    assert gone == {
        *("WakeQueue", "WakeQueuePolicy", "SagaWakeFunction", "SagaWakeFunctionRole", "SagaWakeLogGroup"),
        *("SagaWakeInvokeConfig", "SagaWakeQueueMapping", "SagaWakeErrorsAlarm", "SagaWakeThrottlesAlarm"),
    }
    rest = {name: value for name, value in without.properties.items() if name != "CodeLayer"}
    assert "Wake" not in json.dumps(rest).replace('"Wakes', "").replace("Wakes:", "").replace("WAKE_QUEUE_URL", "")
    assert without.properties["CommandRelayFunction"]["Environment"]["Variables"]["WAKE_QUEUE_URL"] == ""
    assert len(without.properties["CommandRelayStreamMapping"]["FilterCriteria"]["Filters"]) == 1
    assert "SagaWakeFunctionName" not in without.resolved.outputs


def test_a_customers_key_is_the_queues_too() -> None:
    key = {"EncryptionKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1"}
    deployed = deploy(key)

    assert QUEUE["SqsManagedSseEnabled"] is True
    assert deployed.properties["WakeQueue"]["KmsMasterKeyId"] == key["EncryptionKeyArn"]
    assert "<SagaWakeFunctionRole>" in deployed.properties["EncryptionKeyPolicy"]["Roles"]
    assert "<SagaWakeFunctionRole>" not in deploy(key | NO_WAKES).properties["EncryptionKeyPolicy"]["Roles"]
