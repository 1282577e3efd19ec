"""How events reach the functions: rules, schedule, stream, Kafka; what happens to what cannot be delivered."""

import json
from typing import Any

import pytest

from saga_orchestrator.domain.events import EventType
from tests.release.template.deployment import (
    ACCOUNT,
    COMMAND_REPLY,
    EVENT_FUNCTIONS,
    FED_FUNCTIONS,
    FUNCTIONS,
    MAPPED_FUNCTIONS,
    MSK,
    MSK_CLUSTER,
    ORDER_EVENTS,
    PROVISIONED,
    SAGA_EVENT,
    SAGA_WAKE,
    SELF_MANAGED,
    deploy,
    kafka_mapping,
)

every_event = pytest.mark.parametrize(("event_type", "function"), EVENT_FUNCTIONS.items())
every_function = pytest.mark.parametrize("function", FED_FUNCTIONS)
every_topic = pytest.mark.parametrize(("event_type", "function"), MAPPED_FUNCTIONS.items())
clusters = pytest.mark.parametrize("cluster", [MSK, SELF_MANAGED], ids=["msk", "self-managed"])

PROVISIONED_ONLY = {
    "FunctionResponseTypes",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "ProvisionedPollerConfig",
}


def rule_of(function: str) -> dict[str, Any]:
    rules = deploy().of_type("AWS::Events::Rule").values()
    (rule,) = [rule for rule in rules if rule["Targets"][0]["Arn"] == f"<{function}.Arn>"]
    return dict(rule)


@every_event
def test_a_rule_takes_its_type_in_any_case_from_this_account_alone(event_type: str, function: str) -> None:
    rule = rule_of(function)

    assert rule["EventBusName"] == "<EventBus>"
    assert rule["EventPattern"]["detail-type"] == [{"equals-ignore-case": event_type}]
    assert rule["EventPattern"]["account"] == [ACCOUNT]


@every_event
def test_only_a_cancel_may_come_from_an_operator(event_type: str, function: str) -> None:
    sources = rule_of(function)["EventPattern"]["source"]

    expected = ["executions", "saga-operator"] if event_type == EventType.CANCELLED else ["executions"]
    assert sources == expected


def test_the_rule_for_sagas_of_ones_own_takes_the_listed_types_exactly_and_operators_too() -> None:
    assert rule_of(SAGA_EVENT)["EventPattern"] == {
        "account": [ACCOUNT],
        "source": ["executions", "saga-operator"],
        "detail-type": list(ORDER_EVENTS),
    }
    own = deploy({"SagaEventTypes": "TRIP_BOOKED,TRIP_CANCELLED"}).properties[f"{SAGA_EVENT}Rule"]
    assert own["EventPattern"]["detail-type"] == ["TRIP_BOOKED", "TRIP_CANCELLED"]


def test_replies_come_from_participants_with_sources_of_their_own_too() -> None:
    pattern = rule_of(COMMAND_REPLY)["EventPattern"]
    more = deploy({"ReplySources": "shop,bank"}).properties[f"{COMMAND_REPLY}Rule"]["EventPattern"]

    assert pattern["detail-type"] == [{"equals-ignore-case": "COMMAND_REPLY"}]
    assert pattern["source"] == ["executions"]
    assert more == {**pattern, "source": ["executions", "shop", "bank"]}


@every_function
def test_what_a_rule_cannot_deliver_is_retried_for_a_day_and_then_kept(function: str) -> None:
    (target,) = rule_of(function)["Targets"]

    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
    assert target["DeadLetterConfig"] == {"Arn": "<RuleDeadLetterQueue.Arn>"}


@every_function
def test_a_rule_may_invoke_its_function_and_no_other_rule_may(function: str) -> None:
    permissions = deploy().of_type("AWS::Lambda::Permission").values()

    (permission,) = [p for p in permissions if p["FunctionName"] == f"<{function}>"]

    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == f"<{function}Rule.Arn>"


def test_a_rules_source_is_the_parameters() -> None:
    deployed = deploy({"EventSource": "runs", "OperatorSource": "ops"})

    sources = [rule["EventPattern"]["source"] for rule in deployed.of_type("AWS::Events::Rule").values()]

    assert sorted(sources) == [["runs"]] * 6 + [["runs", "ops"]] * 2


def test_the_schedule_ticks_at_its_interval_and_loses_nothing_silently() -> None:
    (schedule,) = deploy({"CheckInterval": "rate(5 minutes)"}).of_type("AWS::Scheduler::Schedule").values()

    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["Target"]["Arn"] == "<TimeoutCheckerFunction.Arn>"
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": "<RuleDeadLetterQueue.Arn>"}
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 2


WITHOUT_A_CLUSTER = {"CommandRelayStreamMapping", "SagaWakeQueueMapping"}


def stream_mapping() -> dict[str, Any]:
    (mapping,) = deploy().mappings_of("CommandRelayFunction").values()
    return dict(mapping)


def test_the_relay_reads_the_stream_from_its_beginning() -> None:
    assert stream_mapping()["EventSourceArn"] == "<SagaTable.StreamArn>"
    assert stream_mapping()["StartingPosition"] == "TRIM_HORIZON"  # LATEST would lose what is written before it polls


def test_the_relay_is_spared_every_write_without_an_outbox_or_a_wake_and_every_removal() -> None:
    wanted = [{"outbox": {"S": [{"exists": True}]}}, {"wake": {"N": [{"exists": True}]}}]

    assert [json.loads(one["Pattern"]) for one in stream_mapping()["FilterCriteria"]["Filters"]] == [
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"NewImage": image}} for image in wanted
    ]


def test_the_relays_retries_are_bounded_by_age_inside_the_streams_day() -> None:
    assert stream_mapping()["MaximumRetryAttempts"] == -1
    assert stream_mapping()["MaximumRecordAgeInSeconds"] == 43200


def test_one_bad_record_holds_up_only_what_comes_after_it() -> None:
    assert stream_mapping()["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert stream_mapping()["BisectBatchOnFunctionError"] is True


def test_what_the_relay_gives_up_is_kept_with_its_payload() -> None:
    # A queue would receive the position alone, and the stream forgets it after a day.
    assert stream_mapping()["DestinationConfig"] == {"OnFailure": {"Destination": "<PayloadBucket.Arn>"}}


def test_without_a_cluster_there_is_no_kafka_mapping() -> None:
    assert set(deploy().of_type("AWS::Lambda::EventSourceMapping")) == WITHOUT_A_CLUSTER


def test_both_kinds_of_cluster_can_feed_one_stack() -> None:
    mappings = set(deploy(MSK | SELF_MANAGED).of_type("AWS::Lambda::EventSourceMapping"))

    assert len(mappings - WITHOUT_A_CLUSTER) == 2 * len(MAPPED_FUNCTIONS)


@every_topic
@clusters
def test_an_on_demand_mapping_promises_nothing_that_lambda_would_ignore(
    event_type: str, function: str, cluster: dict[str, str]
) -> None:
    assert not PROVISIONED_ONLY & kafka_mapping(event_type, cluster).keys()


@every_topic
@clusters
def test_a_provisioned_mapping_has_all_that_makes_partial_batches_work(
    event_type: str, function: str, cluster: dict[str, str]
) -> None:
    mapping = kafka_mapping(event_type, cluster | PROVISIONED)

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 1000  # infinite would mean ten, because there is a destination
    assert int(mapping["MaximumRecordAgeInSeconds"]) == 86400
    assert mapping["ProvisionedPollerConfig"] == {
        "MinimumPollers": "1",
        "MaximumPollers": "2",
        "PollerGroupName": "sagas",
    }


@every_topic
@clusters
@pytest.mark.parametrize("mode", ["on-demand", "provisioned"])
def test_the_code_is_told_the_mode_that_its_mapping_has(
    event_type: str, function: str, cluster: dict[str, str], mode: str
) -> None:
    deployed = deploy(cluster | {"KafkaMode": mode})
    mapping = kafka_mapping(event_type, cluster | {"KafkaMode": mode})

    assert deployed.properties[function]["Environment"]["Variables"]["KAFKA_MODE"] == mode
    assert ("ProvisionedPollerConfig" in mapping) == (mode == "provisioned")


@every_topic
@clusters
def test_each_type_has_its_topic_from_its_beginning(event_type: str, function: str, cluster: dict[str, str]) -> None:
    mapping = kafka_mapping(event_type, cluster | {"TopicPrefix": "live."})

    assert mapping["Topics"] == [f"live.{event_type.lower()}"]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert "FilterCriteria" not in mapping


@every_topic
@clusters
def test_what_kafka_gives_up_is_kept_with_its_payload(event_type: str, function: str, cluster: dict[str, str]) -> None:
    destination = kafka_mapping(event_type, cluster)["DestinationConfig"]

    assert destination == {"OnFailure": {"Destination": "<PayloadBucket.Arn>"}}


@every_topic
@clusters
def test_the_starting_position_is_the_parameters(event_type: str, function: str, cluster: dict[str, str]) -> None:
    assert kafka_mapping(event_type, cluster | {"StartingPosition": "LATEST"})["StartingPosition"] == "LATEST"


def test_no_two_mappings_share_a_consumer_group() -> None:
    mappings = deploy(MSK | SELF_MANAGED).of_type("AWS::Lambda::EventSourceMapping").values()
    configs = ("AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig")

    groups = [m[config]["ConsumerGroupId"] for m in mappings for config in configs if config in m]

    assert len(groups) == 2 * len(MAPPED_FUNCTIONS)
    assert len(set(groups)) == len(groups)
    assert all(group.startswith("sagas-") for group in groups)


def test_msk_logs_in_with_iam_unless_there_is_a_secret() -> None:
    secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_x"

    assert "SourceAccessConfigurations" not in kafka_mapping("EXECUTION_STARTED", MSK)
    assert kafka_mapping("EXECUTION_STARTED", MSK)["EventSourceArn"] == MSK_CLUSTER
    assert kafka_mapping("EXECUTION_STARTED", MSK | {"KafkaSecretArn": secret})["SourceAccessConfigurations"] == [
        {"Type": "SASL_SCRAM_512_AUTH", "URI": secret}
    ]


def test_a_self_managed_cluster_in_a_vpc_is_reached_through_its_subnets() -> None:
    parameters = SELF_MANAGED | {
        "KafkaSubnetId1": "subnet-1",
        "KafkaSubnetId2": "subnet-2",
        "KafkaSecurityGroupId": "sg-1",
    }
    mapping = kafka_mapping("EXECUTION_STARTED", parameters)

    assert mapping["SourceAccessConfigurations"] == [
        {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1"},
        {"Type": "VPC_SUBNET", "URI": "subnet:subnet-2"},
        {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-1"},
    ]
    endpoints = mapping["SelfManagedEventSource"]["Endpoints"]
    assert endpoints == {"KafkaBootstrapServers": ["b-1:9092", "b-2:9092"]}


def test_a_mapping_waits_for_the_permissions_that_lambda_checks_when_it_is_made() -> None:
    resources = deploy(MSK | SELF_MANAGED).resolved.resources

    for name, resource in resources.items():
        if name.endswith("MskMapping"):
            topic_policy = name.replace("MskMapping", "TopicPolicy")
            assert set(resource.depends_on) == {"MskClusterPolicy", "KafkaAccessPolicy", topic_policy}
        if name.endswith("KafkaMapping"):
            assert resource.depends_on == ("KafkaAccessPolicy",)


def test_every_function_has_a_source() -> None:
    deployed = deploy(MSK)
    fed = {function for function in FUNCTIONS if deployed.mappings_of(function)}

    assert fed == {*FED_FUNCTIONS, SAGA_WAKE, "CommandRelayFunction"}


CA = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ca"
GROUP = {"KafkaSecurityGroupId": "sg-0a"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"KafkaCaSecretArn": CA}, [("SERVER_ROOT_CA_CERTIFICATE", CA)]),
        ({"KafkaSubnetId1": "subnet-1", **GROUP}, [("VPC_SUBNET", "subnet:subnet-1")]),
        (
            {"KafkaSubnetId1": "subnet-1", "KafkaSubnetId3": "subnet-3", **GROUP},
            [("VPC_SUBNET", "subnet:subnet-1"), ("VPC_SUBNET", "subnet:subnet-3")],
        ),
    ],
    ids=["a certificate alone", "one subnet", "the first and the third"],
)
def test_a_cluster_of_ones_own_is_reached_by_whatever_is_given(
    given: dict[str, str], wanted: list[tuple[str, str]]
) -> None:
    groups = [("VPC_SECURITY_GROUP", "security_group:sg-0a")] if "KafkaSubnetId1" in given else []
    access = kafka_mapping("EXECUTION_STARTED", SELF_MANAGED | given)["SourceAccessConfigurations"]

    assert [(each["Type"], each["URI"]) for each in access] == [*wanted, *groups]
