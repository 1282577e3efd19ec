"""The template's parameters and outputs: what outsiders set and read."""

import pytest

from local_stack import BrokenTemplate
from tests.release.template.deployment import FED_FUNCTIONS, deploy

PARAMETERS = deploy().expanded.template["Parameters"]
every_parameter = pytest.mark.parametrize("name", PARAMETERS)


@every_parameter
def test_a_parameter_has_a_description_a_default_and_a_limit(name: str) -> None:
    declaration = PARAMETERS[name]

    assert len(declaration["Description"]) > 20
    assert "Default" in declaration
    assert {"AllowedValues", "AllowedPattern", "MinValue"} & declaration.keys()


@every_parameter
def test_a_parameter_is_used(name: str) -> None:
    template = deploy().expanded.template
    used = str({key: body for key, body in template.items() if key not in {"Parameters", "Metadata"}})

    # The transform replaces Tracing by its value, which decides whether a role gets X-Ray's policy.
    assert f"'{name}'" in used or f"${{{name}}}" in used or name == "Tracing"


@every_parameter
def test_a_parameter_stands_in_a_group(name: str) -> None:
    groups = deploy().expanded.template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert len([group for group in groups if name in group["Parameters"]]) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KafkaMode", "sometimes"),
        ("TopicLayout", "none"),
        ("StartDeadlineSeconds", "0"),
        ("RunGraceSeconds", "0"),
        ("DefaultLanguageLimit", "-1"),
        ("RetentionDays", "7"),
        ("LanguageLimits", "python=3"),
        ("LanguageLimits", "{python:200}"),
        ("LanguageLimits", '{"python": 0}'),
        ("LanguageLimits", '{"python": "none"}'),
        ("LanguageLimits", '{"Python": 3}'),
        ("LanguageLimits", '{"python": 3,}'),
        ("CheckInterval", "rate(1 hour)"),
        ("CheckInterval", "rate(0 minutes)"),
        ("EventSource", "aws.events"),
        ("EventSource", "saga-orchestrator"),
        ("OperatorSource", "saga-orchestrator"),
        ("MskClusterArn", "my-cluster"),
        ("KafkaBootstrapServers", "broker"),
        ("KafkaBootstrapServers", "a:9092;b:9092"),
        ("CounterShards", "0"),
        ("DeadlineShards", "0"),
        ("Runtime", "python3.9"),
        ("Architecture", "riscv"),
        ("PublishCommands", "yes"),
        ("ConfirmDeletes", "yes"),
        ("InlineScriptMaxBytes", "1048576"),
        ("AlarmTopicArn", "oncall"),
        ("LogRetentionDays", "2"),
        ("SagaEventTypes", ""),
        ("SagaEventTypes", "ORDER_PLACED,order_approved"),
        ("SagaEventTypes", "ORDER_PLACED,EXECUTION_REQUESTED"),
        ("SagaEventTypes", "COMMAND_REPLY"),
        ("ReplySources", "shop,aws.events"),
        ("ReplySources", "saga-orchestrator"),
        ("OrderReplySeconds", "0"),
        ("OrderAttempts", "16"),
        ("ApprovalSeconds", "0"),
        ("ApprovalAbove", "-1"),
        ("SchemaRegistryUri", "registry:8081"),
        ("SchemaRegistryUri", "https://user:word@registry"),
        ("SchemaRegistryUri", "arn:aws:glue:eu-central-1:123456789012:schema/a/b"),
        ("SchemaRegistryAuth", "SASL_SCRAM_512_AUTH"),
        ("SchemaRegistrySecretArn", "secret"),
        ("SchemaRecordFormat", "AVRO"),
        ("SchemaValidationAttributes", "KEY"),
        ("AliasOfExecutionStarted", "EXECUTION_STARTED"),
        ("AliasOfExecutionStarted", "execution_completed"),
        ("AliasOfExecutionStarted", "Execution_Unknown"),
        ("AliasOfExecutionStarted", "POD_RUNNING,POD_CREATED"),
        ("AliasOfExecutionStarted", "x" * 65),
        ("AliasOfExecutionRunning", "POD_RUNNING"),
        ("TopicOfExecutionStarted", "pod events"),
        ("Api", "jwt"),
        ("ApiConcurrency", "-1"),
        ("ConsoleAuthorizeUrl", "http://login.example/authorize"),
        ("ConsoleAuthorizeUrl", "login.example"),
        ("ConsoleTokenUrl", "https://login.example; script-src *"),
        ("ConsoleTokenUrl", "https://user@login.example/token"),
        ("ConsoleTokenUrl", "javascript:alert(1)"),
        ("ConsoleClientId", "two words"),
        ("ConsoleScopes", ""),
        ("ConsoleScopes", "openid  email"),
        ("ConsoleConcurrency", "-1"),
        ("AllowedCidrs", "192.0.2.1"),
        ("AllowedCidrs", "office"),
        ("AllowedCidrs", "192.0.2.0/24;198.51.100.0/24"),
        ("JwtIssuer", "issuer.example.com"),
        ("JwtIssuer", "http://issuer.example.com"),
        ("JwtIssuer", "https://issuer.example.com/a b"),
        ("JwtAudience", "a b"),
        ("ApiScope", ""),
        ("ApiScope", "two scopes"),
        ("RoleClaim", ""),
        ("RoleMap", "operators"),
        ("RoleMap", "operators:owner"),
        ("RoleMap", "two words:admin"),
        ("RoleMap", "[admin]:admin"),
        ("OwnerClaim", "two words"),
        ("IamRoles", "on-call:operator"),
        ("IamRoles", "role/on-call"),
        ("IamRoles", "role/on-call:owner"),
        ("IamRoles", "role/*:admin"),
        ("IamRoles", "role/a:admin;role/b:admin"),
        ("IamRoles", "arn:aws:iam::123456789012:role/on-call:operator"),
    ],
)
def test_a_value_that_would_break_the_stack_is_refused(name: str, value: str) -> None:
    with pytest.raises(BrokenTemplate, match=name):
        deploy({name: value})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"EventSource": "same", "OperatorSource": "same"}, "every producer could cancel"),
        ({"ReplySources": "shop,saga-operator"}, "every participant could cancel"),
        ({"KafkaTargetBootstrap": "b:9092"}, "needs KafkaTargetSecretArn"),
        ({"SchemaRegistryUri": "https://registry"}, "needs KafkaMode=provisioned"),
        (
            {"SchemaRegistrySecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x"},
            "need SchemaRegistryUri",
        ),
        ({"AliasOfExecutionStarted": "POD", "AliasOfExecutionTimeout": "POD"}, "one event would be two"),
        ({"AliasOfExecutionFailed": "POD", "AliasOfExecutionCancelled": "POD"}, "one event would be two"),
        ({"TopicOfExecutionRequested": "requests", "TopicLayout": "shared"}, "keeps what has no type"),
        ({"Api": "iam+jwt", "JwtAudience": "a"}, "needs JwtIssuer"),
        ({"Api": "iam+jwt", "JwtIssuer": "https://issuer.example.com"}, "needs JwtAudience"),
        ({"KafkaBootstrapServers": "b:9092", "KafkaSubnetId1": "subnet-1"}, "needs KafkaSecurityGroupId"),
    ],
)
def test_values_that_do_not_fit_together_are_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(BrokenTemplate, match=message):
        deploy(parameters)


@pytest.mark.parametrize("interval", ["rate(1 minute)", "rate(2 minutes)", "rate(15 minutes)"])
def test_intervals_that_aws_understands_are_accepted(interval: str) -> None:
    deploy({"CheckInterval": interval})


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("StartDeadlineSeconds", 300),
        ("RunGraceSeconds", 180),
        ("RequestMaxAgeSeconds", 86400),
        ("MaxTimeoutSeconds", 300),
        ("DefaultLanguageLimit", 100),
        ("CounterShards", 8),
        ("DeadlineShards", 8),
        ("KafkaMode", "on-demand"),
        ("StartingPosition", "TRIM_HORIZON"),
        ("EventSource", "executions"),
        ("AllowedScriptBuckets", ""),
        ("InlineScriptMaxBytes", 0),
        ("DeletionProtection", "true"),
        ("Tracing", "Disabled"),
        ("ReplySources", ""),
        ("Wakes", "true"),
        ("Api", "none"),
        ("IamRoles", ""),
        ("JwtIssuer", ""),
        ("JwtAudience", ""),
        ("RoleMap", ""),
        ("OwnerClaim", ""),
        ("OwnerIndex", "false"),
        ("ApiConcurrency", 10),
        ("ConsoleConcurrency", 5),
        ("ConsoleAuthorizeUrl", ""),
        ("ConsoleScopes", "openid sagas/use"),
        ("AllowedCidrs", ""),
        ("OrderReplySeconds", 30),
        ("OrderAttempts", 3),
        ("ApprovalSeconds", 172800),
        ("ApprovalAbove", 1000),
    ],
)
def test_defaults_are_the_promised_and_the_safe_ones(name: str, default: object) -> None:
    assert PARAMETERS[name]["Default"] == default


def test_nothing_that_costs_money_by_the_hour_is_on_by_default() -> None:
    deployed = deploy()
    types = {resource.type for resource in deployed.resolved.resources.values()}

    assert not types & {"AWS::KMS::Key", "AWS::EC2::NatGateway", "AWS::EC2::VPCEndpoint", "AWS::MSK::Cluster"}
    assert not [
        m for m in deployed.of_type("AWS::Lambda::EventSourceMapping").values() if "ProvisionedPollerConfig" in m
    ]


def test_outputs_are_what_the_operators_command_looks_for() -> None:
    functions = {f"{function}Name" for function in FED_FUNCTIONS}

    assert deploy().resolved.outputs.keys() == functions | {
        "TableName",
        "OperatorTableName",
        "PayloadBucketName",
        "RejectedQueueUrl",
        "RuleDeadLetterQueueUrl",
        "EventBusName",
        "EventSource",
        "OperatorSource",
        "OperatorPolicyArn",
        "BreakGlassPolicyArn",
        "DeadlineShards",
        "CounterShards",
        "StartDeadlineSeconds",
        "RunGraceSeconds",
        "RequestMaxAgeSeconds",
        "RetentionDays",
        "RelayFunctionName",
        "TimeoutCheckerFunctionName",
        "SagaWakeFunctionName",
    }
