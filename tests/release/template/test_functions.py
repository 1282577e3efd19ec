"""Each function: settings, log group, role, what happens to an event that it cannot handle."""

import re

import pytest

from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.domain.events import EventType
from tests.release.template.deployment import (
    API_FUNCTION,
    COMMAND_REPLY,
    CONSOLE_FUNCTION,
    EVENT_FUNCTIONS,
    FED_FUNCTIONS,
    FUNCTIONS,
    KAFKA_RELAY,
    KAFKA_TARGET,
    MSK,
    PEOPLE,
    PROVISIONED,
    ROOT,
    RUNNER,
    SAGA_EVENT,
    SELF_MANAGED,
    STACK,
    deploy,
)

every_function = pytest.mark.parametrize("function", FUNCTIONS)


def folder_of(function: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function.removesuffix("Function")).lower()


def test_every_event_type_has_its_folder_its_function_and_its_rule_and_nothing_is_left_over() -> None:
    deployed = deploy()

    assert set(deployed.of_type("AWS::Lambda::Function")) == set(FUNCTIONS)
    assert {folder.name for folder in (ROOT / "functions").iterdir() if (folder / "handler.py").exists()} == {
        *(event_type.lower() for event_type in EventType),
        "saga_event",
        "command_reply",
        "timeout_checker",
        "saga_wake",
        "command_relay",
        "kafka_relay",  # deployed only where there is a Kafka target
        "api",  # and these two only where there is an HTTP API
        "operation_runner",
        "console",  # and this one only where people sign in
    }
    assert len(deployed.of_type("AWS::Events::Rule")) == len(FED_FUNCTIONS)


@every_function
def test_code_lies_where_the_name_says(function: str) -> None:
    code = deploy().expanded.functions[function]

    assert code.directory == ROOT / "functions" / folder_of(function)
    assert code.handler == "handler.lambda_handler"
    assert "def lambda_handler(event" in (code.directory / "handler.py").read_text(encoding="utf-8")
    assert code.layers == (ROOT / "layers/dependencies", ROOT / "layers/saga_orchestrator")


@every_function
def test_a_function_folder_holds_its_handler_alone(function: str) -> None:
    # A requirements.txt in a function's folder would make `sam build` need the target's Python on this machine.
    names = {path.name for path in deploy().expanded.functions[function].directory.iterdir()}

    assert names - {"__pycache__"} == {"handler.py"}


@every_function
def test_name_runtime_and_architecture_follow_the_stack_and_its_parameters(function: str) -> None:
    properties = deploy().properties[function]

    assert "FunctionName" not in properties  # CloudFormation fits stack and logical id into Lambda's 64 characters
    named = deploy({"FunctionNames": "stack"}).properties[function]["FunctionName"]
    assert named == f"{STACK}-{folder_of(function).replace('_', '-')}"
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["arm64"]
    other = deploy({"Runtime": "python3.11", "Architecture": "x86_64"}).properties[function]
    assert (other["Runtime"], other["Architectures"]) == ("python3.11", ["x86_64"])


@pytest.mark.parametrize("function", [*FUNCTIONS, KAFKA_RELAY, API_FUNCTION, RUNNER, CONSOLE_FUNCTION])
def test_logs_go_to_a_group_of_its_own_that_forgets(function: str) -> None:
    deployed = deploy({**PEOPLE, **KAFKA_TARGET, "LogRetentionDays": "7", "FunctionNames": "stack"})
    group = deployed.properties[function]["LoggingConfig"]["LogGroup"].strip("<>")

    assert group == function.replace("Function", "LogGroup")
    assert deployed.properties[group]["RetentionInDays"] == "7"
    assert deployed.properties[group]["LogGroupName"].endswith(deployed.properties[function]["FunctionName"])


@every_function
def test_no_log_level_is_given_to_lambda_because_its_filter_would_drop_metric_lines(function: str) -> None:
    config = deploy().properties[function]["LoggingConfig"]

    assert config["LogFormat"] == "JSON"
    assert "ApplicationLogLevel" not in config


def test_no_two_functions_share_a_role() -> None:
    deployed = deploy()

    assert len({deployed.role_of(function) for function in FUNCTIONS}) == len(FUNCTIONS)


@every_function
def test_what_an_asynchronous_invocation_could_not_do_is_kept_whole(function: str) -> None:
    configs = {config["FunctionName"]: config for config in deploy().of_type("AWS::Lambda::EventInvokeConfig").values()}
    config = configs[f"<{function}>"]

    assert config["Qualifier"] == "$LATEST"
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": "<PayloadBucket.Arn>"}}
    assert 0 <= config["MaximumRetryAttempts"] <= 2
    assert 60 <= config["MaximumEventAgeInSeconds"] <= 21600


@every_function
def test_a_call_that_hangs_is_noticed_before_the_function_is_ended(function: str) -> None:
    timeout = deploy().properties[function]["Timeout"]
    worst_call = 3 * (1 + 3)  # the SDK's attempts, each with its connect and read time-out (adapters/sdk.py)

    assert worst_call < timeout <= 60


def test_a_checker_run_ends_before_the_next_one_starts() -> None:
    assert deploy().properties["TimeoutCheckerFunction"]["Timeout"] < 60


@every_function
def test_a_layer_of_ones_own_starts_every_function_and_is_none_by_default(function: str) -> None:
    layer = "arn:aws:lambda:eu-central-1:123456789012:layer:AWSOpenTelemetryDistroPython:1"
    plain, traced = (deploy(given).properties[function] for given in ({}, {"OpenTelemetryLayerArn": layer}))

    assert traced["Layers"] == [*plain["Layers"], layer]
    assert len(plain["Layers"]) == 2
    assert traced["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/otel-instrument"
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in plain["Environment"]["Variables"]


@every_function
def test_every_setting_of_the_code_is_set_and_nothing_else(function: str) -> None:
    variables = deploy().properties[function]["Environment"]["Variables"]
    settings = {name.upper() for name in Settings.model_fields}
    of_the_kafka_relay = {name for name in settings if name.startswith("KAFKA_TARGET_")}
    powertools = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}

    of_some = {
        **{each: {"EVENT_TYPE_ALIAS"} for each in EVENT_FUNCTIONS.values()},
        SAGA_EVENT: {"SAGA_SETTINGS"},
        COMMAND_REPLY: {"REPLY_SOURCES"},
        "TimeoutCheckerFunction": {"DEADLINE_INDEX", "GAUGES"},
        "CommandRelayFunction": {"WAKE_QUEUE_URL"},
    }
    of_all = settings - of_the_kafka_relay - {name for names in of_some.values() for name in names}

    assert set(variables) == of_all | of_some.get(function, set()) | powertools


@every_function
@pytest.mark.parametrize("parameters", [{}, MSK | PROVISIONED, {"TopicLayout": "shared", "Tracing": "Active"}])
def test_the_code_accepts_the_environment_that_the_template_sets(function: str, parameters: dict[str, str]) -> None:
    variables = deploy(parameters).properties[function]["Environment"]["Variables"]

    settings = Settings.from_environment(variables)

    assert settings.saga_table == "<SagaTable>"
    assert settings.kafka_mode == parameters.get("KafkaMode", "on-demand")
    assert settings.topic_layout == parameters.get("TopicLayout", "per-type")
    assert settings.tracing == ("Tracing" in parameters)


def test_the_largest_values_that_the_template_allows_are_accepted_by_the_code() -> None:
    declared = deploy().expanded.template["Parameters"]
    bounds = {name: str(body["MaxValue"]) for name, body in declared.items() if "MaxValue" in body}
    smallest = {name: str(body["MinValue"]) for name, body in declared.items() if "MinValue" in body}

    for values in (bounds, smallest):
        variables = deploy(values).properties["ExecutionRequestedFunction"]["Environment"]["Variables"]
        Settings.from_environment({**variables, "REQUEST_MAX_AGE_SECONDS": "604800", "RETENTION_DAYS": "8"})


@every_function
def test_no_setting_is_a_secret(function: str) -> None:
    variables = deploy({"KafkaTargetBootstrap": "b:9092", "KafkaTargetSecurity": "PLAINTEXT"}).properties[function]

    assert not [name for name in variables["Environment"]["Variables"] if re.search("PASSWORD|TOKEN|PRIVATE", name)]


@every_function
def test_tracing_is_off_and_unpaid_until_somebody_asks(function: str) -> None:
    assert "TracingConfig" not in deploy().properties[function]
    assert deploy({"Tracing": "Active"}).properties[function]["TracingConfig"] == {"Mode": "Active"}


@every_function
def test_no_function_is_in_a_vpc_because_kafka_is(function: str) -> None:
    assert "VpcConfig" not in deploy(MSK | SELF_MANAGED).properties[function]


@pytest.mark.parametrize("function", FED_FUNCTIONS)
def test_reserved_concurrency_is_a_choice(function: str) -> None:
    assert "ReservedConcurrentExecutions" not in deploy().properties[function]
    reserved = deploy({"EventFunctionConcurrency": "20"}).properties[function]["ReservedConcurrentExecutions"]
    assert reserved == "20"


def test_nothing_has_a_public_address() -> None:
    assert not deploy().of_type("AWS::Lambda::Url")


def test_layers_say_for_which_runtime_they_are() -> None:
    for layer in deploy({"Runtime": "python3.12"}).of_type("AWS::Lambda::LayerVersion").values():
        assert layer["CompatibleRuntimes"] == ["python3.12"]
