"""`sagactl verify`: a stack that works is all well, and each way in which one does not is found and named."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from saga_orchestrator.domain.errors import RetryableError
from sagactl.app import app
from sagactl.verifying.answers import payload_of
from sagactl.verifying.findings import Finding, Verdict, exit_code, fine, looked, not_looked, wrong
from sagactl.verifying.parts import missing_kinds
from tests.tools.local_stack.outside import LocalUp
from tests.tools.sagactl.conftest import Operator

ROOT = Path(__file__).parents[3]
KINDS = (
    *("AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", "AWS::Scheduler::Schedule"),
    *("AWS::Events::Rule", "AWS::CloudWatch::Alarm"),
)
PATIENCE = ("--timeout", "30")


def wrongs(facts: dict[str, Any]) -> dict[str, str]:
    return {each["what"]: each["found"] for each in facts["findings"] if each["verdict"] != "ok"}


def test_a_stack_that_works_is_all_well(operator: Operator) -> None:
    told = operator.gets("verify", *PATIENCE)

    assert (told["ok"], wrongs(told)) == (True, {})
    what = {each["what"] for each in told["findings"]}
    assert {"function TimeoutChecker", "function Api", "mapping CommandRelayStreamMapping", "alarms"} <= what
    assert {"schedule TimeoutCheckerFunctionTick", "rule ExecutionRequestedFunctionRule"} <= what
    assert {"API without a token, /iam/v1", "an old request ends", "it holds nothing", "relay publishes"} <= what


def test_its_request_is_a_failed_saga_and_nothing_else_of_it_stays(operator: Operator) -> None:
    told = operator.gets("verify", *PATIENCE)

    (ended,) = [each["found"] for each in told["findings"] if each["what"] == "an old request ends"]
    saga = operator.execution_saga(ended.split()[0])
    assert (saga["state"], saga["reason"], saga["slot"]) == ("failed", "expired", None)
    assert [name for entry in saga["timeline"] for name in entry["messages"]] == ["saga_failed#1"]
    queues = operator.aws("sqs").list_queues().get("QueueUrls", [])
    rules = operator.aws("events").list_rules(EventBusName=operator.outputs["EventBusName"])["Rules"]
    assert not [name for name in [*queues, *(rule["Name"] for rule in rules)] if "verify-" in name]


def test_people_read_a_table_that_ends_with_what_to_do(operator: Operator) -> None:
    outcome = operator.types("verify", *PATIENCE)

    assert outcome.exit_code == 0, outcome.output
    assert "what to do" in outcome.stdout
    assert "stack saga-orchestrator" in outcome.stderr


@pytest.fixture
def schedules_off(operator: Operator) -> Iterator[None]:
    scheduler = operator.aws("scheduler")
    names = [found["Name"] for found in scheduler.list_schedules()["Schedules"]]
    read = [scheduler.get_schedule(Name=name) for name in names]
    kept = [
        {name: each[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")} for each in read
    ]
    for each in kept:
        scheduler.update_schedule(**each, State="DISABLED")
    yield
    for each in kept:
        scheduler.update_schedule(**each, State="ENABLED")


@pytest.mark.usefixtures("schedules_off")
def test_a_schedule_that_is_off_is_found_with_what_it_leaves_undone(operator: Operator) -> None:
    found = wrongs(operator.gets("verify", *PATIENCE, exit_code=1))

    assert found == {
        "schedule TimeoutCheckerFunctionTick": "is disabled, so no saga times out",
        "schedule OperationRunnerFunctionTick": "is disabled, so no operation whose runner ended goes on",
    }


def test_every_function_of_the_template_is_called() -> None:
    """One that a release adds is not looked at otherwise, and its stack never all well."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    declared = re.findall(
        r"^  (\w+):\n(?:    Condition: .*\n|    #.*\n)*    Type: AWS::(?:Serverless|Lambda)::Function$",
        text,
        re.MULTILINE,
    )

    assert len(declared) >= 13
    assert [each for each in declared if payload_of(each) is None] == []


def test_an_alarm_that_is_gone_rings_or_is_silent_is_found(operator: Operator) -> None:
    cloudwatch = operator.aws("cloudwatch")
    names = [f"saga-orchestrator-{name}" for name in ("parked-sagas", "limit-reached", "api-faults")]
    kept = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    cloudwatch.set_alarm_state(AlarmName=names[1], StateValue="ALARM", StateReason="a test")
    cloudwatch.disable_alarm_actions(AlarmNames=[names[2]])
    cloudwatch.delete_alarms(AlarmNames=[names[0]])
    try:
        told = operator.gets("verify", *PATIENCE, exit_code=1)
    finally:
        _put_back(cloudwatch, kept)

    found = [each["found"] for each in told["findings"] if each["what"] == "alarms"]
    assert found == [f"gone: {names[0]}", f"actions switched off: {names[2]}", f"ringing: {names[1]}"]


def _put_back(cloudwatch: Any, alarms: list[dict[str, Any]]) -> None:
    for alarm in alarms:
        names = (
            "AlarmName",
            "ComparisonOperator",
            "EvaluationPeriods",
            "Threshold",
            "Namespace",
            "MetricName",
            "Period",
        )
        cloudwatch.put_metric_alarm(**{name: alarm[name] for name in names}, Statistic="Sum", ActionsEnabled=True)


def test_a_rule_that_is_off_is_found_and_so_is_that_nothing_came_through_it(operator: Operator) -> None:
    events, bus = operator.aws("events"), operator.outputs["EventBusName"]
    (rule,) = [
        each["Name"] for each in events.list_rules(EventBusName=bus)["Rules"] if "ExecutionRequested" in each["Name"]
    ]
    events.disable_rule(Name=rule, EventBusName=bus)
    try:
        found = wrongs(operator.gets("verify", "--timeout", "1", exit_code=1))
    finally:
        events.enable_rule(Name=rule, EventBusName=bus)

    assert found["rule ExecutionRequestedFunctionRule"] == "is disabled, so its events reach nobody"
    assert "no saga came of it" in found["an old request ends"]


def test_a_request_that_nobody_runs_is_found(operator: Operator) -> None:
    found = wrongs(operator.gets("verify", "--run", "--timeout", "2", exit_code=1))

    assert set(found) == {"a request runs"}
    assert "has not ended within 2 s" in found["a request runs"]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A stack with three bugs: a mapping that is off, a function that raises, a relay that publishes nothing."""
    tree = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "functions", tree / "functions")
    (tree / "layers").symlink_to(ROOT / "layers")
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    mapping = text.index("  CommandReplyKafkaMapping:")
    place = text.index("      FunctionName:", mapping)
    (tree / "template.yaml").write_text(f"{text[:place]}      Enabled: false\n{text[place:]}", encoding="utf-8")
    raising = "def lambda_handler(event, context):\n    raise RuntimeError('planted')\n"
    silent = "def lambda_handler(event, context):\n    return {'batchItemFailures': []}\n"
    (tree / "functions/execution_failed/handler.py").write_text(raising, encoding="utf-8")
    (tree / "functions/command_relay/handler.py").write_text(silent, encoding="utf-8")
    stack = LocalUp(tree / "up", "--worker", "none", "--template", str(tree / "template.yaml"))
    try:
        yield stack.ready()
    finally:
        stack.kill()


def test_each_planted_bug_is_found(planted: dict[str, Any], operator: Operator) -> None:
    del operator  # for its empty folder
    arguments = ("verify", "--timeout", "5", "--output", "json", "--endpoint-url", planted["aws_endpoint"])
    outcome = CliRunner().invoke(app, arguments)

    assert outcome.exit_code == 1, outcome.output
    found = wrongs(json.loads(outcome.stdout))
    assert set(found) == {"mapping CommandReplyKafkaMapping", "function ExecutionFailed", "relay publishes"}
    assert "is disabled" in found["mapping CommandReplyKafkaMapping"]
    assert "RuntimeError: planted" in found["function ExecutionFailed"]
    assert "did not come to the bus" in found["relay publishes"]


def test_a_stack_of_another_name_or_region_is_one_line(operator: Operator) -> None:
    for arguments, said in (
        (("--stack-name", "another"), "there is no stack another"),
        (("--region", "eu-central-1"), "there is no stack saga-orchestrator"),
    ):
        outcome = operator.types("verify", *arguments)
        assert outcome.exit_code == 2
        assert outcome.stdout == ""
        (line,) = outcome.stderr.splitlines()
        assert said in line


def test_what_may_not_be_seen_is_a_line_of_its_own_and_no_verdict() -> None:
    def refused() -> list[Finding]:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not\nyou"}}, "DescribeAlarms")

    def throttled() -> list[Finding]:
        raise RetryableError("later")

    (denied,) = looked("alarms", refused)
    (late,) = looked("request", throttled)
    assert (denied.verdict, denied.found) == (
        Verdict.NOT_LOOKED,
        "DescribeAlarms was refused: AccessDenied: not you",
    )
    assert (late.verdict, late.found) == (Verdict.NOT_LOOKED, "later")
    assert exit_code([fine("a", ""), denied]) == 2
    assert exit_code([wrong("a", "", ""), denied, not_looked("b", "", "")]) == 1
    assert exit_code([fine("a", "")]) == 0


def test_a_stack_that_lists_nothing_is_not_well() -> None:
    assert [each.verdict for each in missing_kinds({})] == [Verdict.WRONG] * 5
    assert list(missing_kinds({kind: {"A": "a"} for kind in KINDS})) == []


def test_the_local_stack_tells_what_it_consists_of(operator: Operator) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        operator.aws("lambda").get_event_source_mapping(UUID="0" * 36)
    listed = operator.aws("cloudformation").list_stack_resources(StackName="saga-orchestrator")[
        "StackResourceSummaries"
    ]
    types = {each["LogicalResourceId"]: each["ResourceType"] for each in listed}
    assert types["SagaTable"] == "AWS::DynamoDB::Table"
