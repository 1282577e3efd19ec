"""The console's files: the only thing that anybody may have unasked, and so the only function that may do nothing."""

from collections.abc import Mapping
from typing import Any

from saga_orchestrator.entrypoints.console_files.function import ROUTES, Console
from saga_orchestrator.entrypoints.console_files.settings import ConsoleSettings
from tests.release.template.deployment import (
    ACCOUNT,
    API,
    CONSOLE_FUNCTION,
    PEOPLE,
    REGION,
    ROOT,
    STACK,
    deploy,
)

WITH = deploy(PEOPLE)


def routes_of(function: str) -> dict[str, Mapping[str, Any]]:
    """By key, those whose integration calls it."""
    integrations = WITH.of_type("AWS::ApiGatewayV2::Integration")
    own = [name for name, each in integrations.items() if each["IntegrationUri"] == f"<{function}.Arn>"]
    targets = [f"integrations/<{name}>" for name in own]
    routes = WITH.of_type("AWS::ApiGatewayV2::Route").values()
    return {route["RouteKey"]: route for route in routes if route["Target"] in targets}


def test_without_people_there_is_no_console() -> None:
    for parameters in ({}, API):
        plain = deploy(parameters)
        assert not [name for name in (*plain.properties, *plain.resolved.outputs) if name.startswith("Console")]
    assert WITH.resolved.outputs.keys() - deploy(API).resolved.outputs.keys() >= {"ConsoleUrl"}


def test_it_is_the_only_thing_that_is_open_to_all_and_its_routes_are_those_of_the_code() -> None:
    open_to_all = {
        route["RouteKey"]
        for route in WITH.of_type("AWS::ApiGatewayV2::Route").values()
        if route.get("AuthorizationType", "NONE") == "NONE"
    }

    assert open_to_all == set(ROUTES) == set(routes_of(CONSOLE_FUNCTION))
    assert all(key.startswith("GET /console/") for key in open_to_all)
    assert WITH.properties["HttpApiConsolePermission"] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": f"<{CONSOLE_FUNCTION}>",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:<HttpApi>/*/GET/console/*",
    }


def test_its_role_writes_its_own_log_and_nothing_else_whatever_is_switched_on() -> None:
    for parameters in (PEOPLE, PEOPLE | {"Tracing": "Active"}):
        deployed = deploy(parameters)
        role = deployed.properties[deployed.role_of(CONSOLE_FUNCTION)]
        assert "ManagedPolicyArns" not in role
        assert deployed.statements(deployed.role_of(CONSOLE_FUNCTION)) == [
            {
                "Sid": "WriteLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": "<ConsoleLogGroup.Arn>",
            }
        ]
        assert deployed.properties[CONSOLE_FUNCTION]["TracingConfig"] == {"Mode": "PassThrough"}


def test_a_flood_of_it_leaves_the_api_its_concurrency() -> None:
    own, api = (WITH.properties[name]["ReservedConcurrentExecutions"] for name in (CONSOLE_FUNCTION, "ApiFunction"))

    assert (int(own), int(api)) == (5, 10)
    shared = deploy(PEOPLE | {"ConsoleConcurrency": "0"}).properties[CONSOLE_FUNCTION]
    assert "ReservedConcurrentExecutions" not in shared


def test_a_flood_of_it_leaves_the_api_its_requests() -> None:
    """Each of its routes has a share of its own, below the whole stage's; and is there before its share is set."""
    (stage,) = WITH.of_type("AWS::ApiGatewayV2::Stage").values()
    whole, own = stage["DefaultRouteSettings"], stage["RouteSettings"]

    assert own.keys() == set(ROUTES)
    assert sum(each["ThrottlingRateLimit"] for each in own.values()) < whole["ThrottlingRateLimit"]
    assert all(each.keys() == whole.keys() for each in own.values())
    assert all(each["ThrottlingBurstLimit"] < whole["ThrottlingBurstLimit"] for each in own.values())
    for name, route in WITH.of_type("AWS::ApiGatewayV2::Route").items():
        assert (f"<{name}>" in stage["Description"]) == (route["RouteKey"] in own)
    (without,) = deploy(API).of_type("AWS::ApiGatewayV2::Stage").values()
    assert "RouteSettings" not in without


def test_what_it_is_told_the_code_takes_and_nothing_of_people_is_in_it() -> None:
    variables = WITH.properties[CONSOLE_FUNCTION]["Environment"]["Variables"]

    told = ConsoleSettings.from_environment(variables)
    assert told == ConsoleSettings(
        "https://login.example/authorize", "https://login.example:8443/token", "console36", "openid sagas/use"
    )
    assert "connect-src 'self' https://login.example:8443;" in Console({}, told).headers()["content-security-policy"]
    assert {name for name, value in variables.items() if value == ""} >= {"ADMIN_USERS", "ALLOWED_IMAGES"}
    assert "IAM_ROLES" not in variables


def test_its_folder_and_log_group_are_where_its_name_says() -> None:
    code = WITH.expanded.functions[CONSOLE_FUNCTION]
    named = deploy(PEOPLE | {"FunctionNames": "stack", "LogRetentionDays": "7"}).properties

    assert (code.directory, code.handler) == (ROOT / "functions/console", "handler.lambda_handler")
    assert {path.name for path in code.directory.iterdir()} - {"__pycache__"} == {"handler.py", "site", "licences"}
    assert named[CONSOLE_FUNCTION]["FunctionName"] == f"{STACK}-console"
    assert named["ConsoleLogGroup"] == {"LogGroupName": f"/aws/lambda/{STACK}-console", "RetentionInDays": "7"}
    assert WITH.properties[CONSOLE_FUNCTION]["LoggingConfig"]["LogGroup"] == "<ConsoleLogGroup>"
