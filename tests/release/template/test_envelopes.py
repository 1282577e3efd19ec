"""What comes in another envelope, under another type or on another topic: registry, filters, rules, settings."""

import json
from itertools import combinations
from typing import Any

import pytest

from tests.release.template.deployment import (
    EVENT_FUNCTIONS,
    MAPPED_FUNCTIONS,
    MSK,
    ORDER_EVENTS,
    PROVISIONED,
    SELF_MANAGED,
    deploy,
    kafka_mapping,
)

every_event = pytest.mark.parametrize(("event_type", "function"), EVENT_FUNCTIONS.items())
every_topic = pytest.mark.parametrize(("event_type", "function"), MAPPED_FUNCTIONS.items())
clusters = pytest.mark.parametrize("cluster", [MSK, SELF_MANAGED], ids=["msk", "self-managed"])


def patterns_of(mapping: dict[str, Any]) -> list[Any]:
    return [json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"]]


TYPELESS = {"value": {"event_type": [{"exists": False}], "type": [{"exists": False}]}}
"""A record whose type stands in a header (a CloudEvent in binary mode), or nowhere: filters see no headers."""


@every_topic
@clusters
def test_on_a_shared_topic_filters_take_the_type_in_any_case(
    event_type: str, function: str, cluster: dict[str, str]
) -> None:
    mapping = kafka_mapping(event_type, cluster | {"TopicLayout": "shared"})

    ours = [{"equals-ignore-case": event_type}]
    # One of a function's mappings brings it what has no type in its value: twice would be once too often.
    typeless = [] if event_type in ORDER_EVENTS[1:] else [TYPELESS]
    assert mapping["Topics"] == ["execution_events"]
    assert patterns_of(mapping) == [{"value": {"event_type": ours}}, {"value": {"type": ours}}, *typeless]


@every_event
@clusters
def test_another_type_that_stands_for_ours_passes_rule_and_filters(
    event_type: str, function: str, cluster: dict[str, str]
) -> None:
    alias = f"AliasOf{function.removesuffix('Function')}"
    deployed = deploy(cluster | {"TopicLayout": "shared", alias: "org.example.Other"})
    (mapping,) = deployed.mappings_of(function).values()
    (rule,) = [
        rule
        for rule in deployed.of_type("AWS::Events::Rule").values()
        if rule["Targets"][0]["Arn"] == f"<{function}.Arn>"
    ]

    other = {"equals-ignore-case": "org.example.Other"}
    assert rule["EventPattern"]["detail-type"] == [{"equals-ignore-case": event_type}, other]
    assert patterns_of(dict(mapping))[3:] == [{"value": {"event_type": [other]}}, {"value": {"type": [other]}}]
    told = {
        name: deployed.properties[name]["Environment"]["Variables"]["EVENT_TYPE_ALIAS"]
        for name in EVENT_FUNCTIONS.values()
    }
    assert told == {name: "org.example.Other" if name == function else "" for name in EVENT_FUNCTIONS.values()}


@every_event
@clusters
def test_a_topic_of_its_own_is_read_through_the_filters(
    event_type: str, function: str, cluster: dict[str, str]
) -> None:
    deployed = deploy(cluster | {"TopicPrefix": "live.", f"TopicOf{function.removesuffix('Function')}": "pod_events"})
    (mapping,) = deployed.mappings_of(function).values()

    assert mapping["Topics"] == ["live.pod_events"]
    assert patterns_of(dict(mapping))[2] == TYPELESS
    layouts = {
        name: deployed.properties[name]["Environment"]["Variables"]["TOPIC_LAYOUT"] for name in EVENT_FUNCTIONS.values()
    }
    assert layouts == {name: "own" if name == function else "per-type" for name in EVENT_FUNCTIONS.values()}
    others = [name for name in EVENT_FUNCTIONS.values() if name != function]
    assert all("FilterCriteria" not in kafka for name in others for kafka in deployed.mappings_of(name).values())
    if "MskClusterArn" in cluster:
        document = deployed.properties[f"{function.removesuffix('Function')}TopicPolicy"]["PolicyDocument"]
        assert document["Statement"][0]["Resource"].endswith("/live.pod_events")


CONFLUENT = {"SchemaRegistryUri": "https://registry.example:8081/path", **PROVISIONED}
GLUE_REGISTRY = "arn:aws:glue:eu-central-1:123456789012:registry/events"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry"


def registry_of(event_type: str, parameters: dict[str, str]) -> Any:
    mapping = kafka_mapping(event_type, parameters)
    config = mapping.get("AmazonManagedKafkaEventSourceConfig") or mapping["SelfManagedKafkaEventSourceConfig"]
    return config.get("SchemaRegistryConfig")


@every_topic
@clusters
def test_without_a_registry_values_are_delivered_as_they_are(
    event_type: str, function: str, cluster: dict[str, str]
) -> None:
    assert registry_of(event_type, cluster) is None
    assert registry_of(event_type, cluster | PROVISIONED) is None


@every_topic
@clusters
def test_a_registry_decodes_values_to_json(event_type: str, function: str, cluster: dict[str, str]) -> None:
    assert registry_of(event_type, cluster | CONFLUENT) == {
        "SchemaRegistryURI": "https://registry.example:8081/path",
        "EventRecordFormat": "JSON",
        "SchemaValidationConfigs": [{"Attribute": "VALUE"}],
    }
    assert registry_of(event_type, cluster | PROVISIONED | {"SchemaRegistryUri": GLUE_REGISTRY})[
        "SchemaRegistryURI"
    ] == (GLUE_REGISTRY)


@clusters
def test_a_registry_s_login_certificate_format_and_attributes_are_the_parameters(cluster: dict[str, str]) -> None:
    parameters = {
        "SchemaRegistrySecretArn": SECRET,
        "SchemaRegistryAuth": "OAUTHBEARER_AUTH",
        "SchemaRegistryCaSecretArn": f"{SECRET}-ca",
        "SchemaRecordFormat": "SOURCE",
        "SchemaValidationAttributes": "KEY,VALUE",
    }

    assert registry_of("EXECUTION_STARTED", cluster | CONFLUENT | parameters) == {
        "SchemaRegistryURI": "https://registry.example:8081/path",
        "EventRecordFormat": "SOURCE",
        "SchemaValidationConfigs": [{"Attribute": "KEY"}, {"Attribute": "VALUE"}],
        "AccessConfigs": [
            {"Type": "OAUTHBEARER_AUTH", "URI": SECRET},
            {"Type": "SERVER_ROOT_CA_CERTIFICATE", "URI": f"{SECRET}-ca"},
        ],
    }


def test_each_two_aliases_must_differ() -> None:
    assertions = deploy().expanded.template["Rules"]["AliasesDiffer"]["Assertions"]
    names = [f"AliasOf{function.removesuffix('Function')}" for function in EVENT_FUNCTIONS.values()]

    def differing(one: str, other: str) -> dict[str, Any]:
        none = {"Fn::Equals": [{"Ref": one}, ""]}
        return {"Fn::Or": [none, {"Fn::Not": [{"Fn::Equals": [{"Ref": one}, {"Ref": other}]}]}]}

    assert [each["Assert"] for each in assertions] == [differing(*pair) for pair in combinations(names, 2)]
