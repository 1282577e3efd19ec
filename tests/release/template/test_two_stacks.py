"""What a second stack, or a stack with the longest of names, does to the names that AWS is told."""

from tests.release.template.checks import names
from tests.release.template.deployment import FUNCTIONS, TEMPLATE, deploy

FIELD_CASES = ("two-stacks-deployed",)


def test_two_stacks_deployed() -> None:
    """Case `two-stacks-deployed`: no physical name without the stack's, and none too long for AWS."""
    assert list(names.complaints(TEMPLATE)) == []


def test_every_parameter_that_switches_resources_is_among_the_combinations() -> None:
    known = {logical_id for each in names.COMBINATIONS for logical_id in deploy(each).resolved.resources}

    assert known == set(deploy().expanded.template["Resources"])


def test_a_metric_of_the_orchestrators_own_carries_the_stacks_name() -> None:
    for function in FUNCTIONS:
        variables = deploy({}, TEMPLATE, "another").properties[function]["Environment"]["Variables"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == "another"
    for name, _, metrics in deploy({}, TEMPLATE, "another").alarms():
        for metric in metrics:
            if metric["Namespace"] == "SagaOrchestrator":
                assert metric["Dimensions"] == [{"Name": "service", "Value": "another"}], name
