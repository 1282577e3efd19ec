"""The Kafka target has a relay of its own, like the bus's in all but the target; else there is none."""

import json
from typing import Any

import pytest

from saga_orchestrator.adapters.settings import Settings
from tests.release.template.deployment import FUNCTIONS, ROOT, STACK, deploy
from tests.release.template.test_permissions import granted

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kafka-x"
TARGET = {
    "KafkaTargetBootstrap": "b-1:9096",
    "KafkaTargetTopic": "orders",
    "KafkaTargetSecretArn": SECRET,
    "KafkaTargetSubnetIds": "subnet-1,subnet-2",
    "KafkaTargetSecurityGroupIds": "sg-1",
}
WITH = deploy(TARGET)


def as_the_buses(name: str) -> Any:
    """A resource of the Kafka relay, said of the bus's relay."""
    text = json.dumps(WITH.properties[name])
    return json.loads(text.replace("KafkaRelay", "CommandRelay").replace("kafka-relay", "command-relay"))


def test_without_a_kafka_target_there_is_one_relay_and_nothing_of_another() -> None:
    assert "KafkaRelayFunction" not in deploy().properties
    assert not [name for name in deploy().properties if name.startswith("KafkaRelay")]
    assert "KafkaRelayFunction" not in json.dumps([*deploy().properties.values()], default=str)
    assert set(WITH.of_type("AWS::Lambda::Function")) == {*FUNCTIONS, "KafkaRelayFunction"}


def test_the_target_is_told_to_its_own_relay_alone() -> None:
    variables = {
        name: dict(WITH.properties[name]["Environment"]["Variables"]) for name in (*FUNCTIONS, "KafkaRelayFunction")
    }
    of_kafka = {name.upper() for name in Settings.model_fields if name.startswith("kafka_target_")}

    own = variables.pop("KafkaRelayFunction")
    assert {name: own[name] for name in of_kafka} == {
        "KAFKA_TARGET_BOOTSTRAP": "b-1:9096",
        "KAFKA_TARGET_TOPIC": "orders",
        "KAFKA_TARGET_SECURITY": "SASL_SSL",
        "KAFKA_TARGET_SECRET_ARN": SECRET,
    }
    assert all(not of_kafka & set(each) for each in variables.values())
    others = variables["CommandRelayFunction"]
    assert others.pop("WAKE_QUEUE_URL") == "<WakeQueue>"  # one relay sends wakes, and no wake twice
    assert {name: value for name, value in own.items() if name not in of_kafka} == others
    settings = Settings.from_environment(own)
    assert (settings.kafka_target_topic, settings.kafka_target_bootstrap) == ("orders", "b-1:9096")


def test_its_code_lies_where_the_name_says() -> None:
    code = WITH.expanded.functions["KafkaRelayFunction"]

    assert code.directory == ROOT / "functions/kafka_relay"
    assert {path.name for path in code.directory.iterdir()} - {"__pycache__"} == {"handler.py"}
    named = deploy(TARGET | {"FunctionNames": "stack"}).properties["KafkaRelayFunction"]
    assert named["FunctionName"] == f"{STACK}-kafka-relay"


def test_it_reads_the_stream_as_the_other_does_and_gives_up_as_late() -> None:
    (mapping,) = WITH.mappings_of("KafkaRelayFunction")

    others = dict(WITH.properties["CommandRelayStreamMapping"])
    messages, _wakes = others["FilterCriteria"]["Filters"]
    assert as_the_buses(mapping) == others | {"FilterCriteria": {"Filters": [messages]}}
    assert as_the_buses("KafkaRelayInvokeConfig") == WITH.properties["CommandRelayInvokeConfig"]
    assert as_the_buses("KafkaRelayLogGroup") == WITH.properties["CommandRelayLogGroup"]


def test_no_stream_has_more_readers_than_dynamodb_allows() -> None:
    mappings = WITH.of_type("AWS::Lambda::EventSourceMapping").values()

    assert sum(mapping["EventSourceArn"] == "<SagaTable.StreamArn>" for mapping in mappings) == 2


@pytest.mark.parametrize("inline", ["0", "4096"])
def test_it_may_do_what_the_other_may_but_publish_and_read_its_login(inline: str) -> None:
    deployed = deploy(TARGET | {"InlineScriptMaxBytes": inline})
    own = {
        (action, resource.replace("KafkaRelay", "CommandRelay"))
        for action, resource in granted(deployed, "KafkaRelayFunction")
    }
    others = granted(deployed, "CommandRelayFunction")

    assert own - others == {("secretsmanager:GetSecretValue", SECRET)}
    assert others - own == {("events:PutEvents", "<EventBus.Arn>"), ("sqs:SendMessage", "<WakeQueue.Arn>")}


def test_without_a_secret_it_may_read_none() -> None:
    deployed = deploy({"KafkaTargetBootstrap": "b-1:9092", "KafkaTargetSecurity": "PLAINTEXT"})

    assert not [grant for grant in granted(deployed, "KafkaRelayFunction") if grant[0].startswith("secretsmanager")]


def test_it_alone_enters_a_vpc() -> None:
    inside = [name for name in (*FUNCTIONS, "KafkaRelayFunction") if "VpcConfig" in WITH.properties[name]]

    assert inside == ["KafkaRelayFunction"]
    assert WITH.properties["KafkaRelayFunction"]["VpcConfig"]["SubnetIds"] == ["subnet-1", "subnet-2"]
    managed = WITH.properties["KafkaRelayRole"]["ManagedPolicyArns"]
    assert any("AWSLambdaVPCAccessExecutionRole" in each for each in managed)
    assert not [each for each in WITH.properties["CommandRelayRole"]["ManagedPolicyArns"] if "VPC" in each]


@pytest.mark.parametrize("alarm", ["Errors", "Throttles", "IteratorAge"])
def test_it_is_watched_as_the_other_is(alarm: str) -> None:
    ours = WITH.properties[f"KafkaRelay{alarm}Alarm"]
    theirs = WITH.properties["RelayIteratorAgeAlarm" if alarm == "IteratorAge" else f"CommandRelay{alarm}Alarm"]
    same = {
        name: value for name, value in theirs.items() if name not in {"AlarmName", "AlarmDescription", "Dimensions"}
    }

    assert {name: ours[name] for name in same} == same
    assert ours["Dimensions"] == [{"Name": "FunctionName", "Value": "<KafkaRelayFunction>"}]
    guide = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    explained = "KafkaRelayIteratorAgeAlarm" if alarm == "IteratorAge" else f"*{alarm}Alarm"
    assert f"`{explained}`" in guide


@pytest.mark.parametrize("metric", ["DestinationDeliveryFailures", "AsyncEventsDropped"])
def test_what_it_loses_rings(metric: str) -> None:
    lost = [each for _, _, metrics in WITH.alarms() for each in metrics if each["MetricName"] == metric]
    watched = [each["Dimensions"][0]["Value"] for each in lost]

    assert "<KafkaRelayFunction>" in watched


def test_operators_may_republish_through_it_and_find_it() -> None:
    document = WITH.properties["OperatorPolicy"]["PolicyDocument"]
    (invoke,) = [each for each in document["Statement"] if each["Action"] == "lambda:InvokeFunction"]

    assert "<KafkaRelayFunction.Arn>" in invoke["Resource"]
    assert WITH.resolved.outputs["KafkaRelayFunctionName"] == {"Ref": "KafkaRelayFunction"}
    assert "KafkaRelayFunctionName" not in deploy().resolved.outputs


def test_a_key_of_the_customers_serves_it_too() -> None:
    key = {"EncryptionKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1"}

    assert "<KafkaRelayRole>" in deploy(TARGET | key).properties["EncryptionKeyPolicy"]["Roles"]
