"""The HTTP API: none unless it is asked for, each route declared and signed, and what all of it may cost bounded."""

import json
import re
import subprocess
import sys

import pytest

from saga_orchestrator.adapters.api_settings import ApiSettings
from saga_orchestrator.adapters.settings import Settings
from saga_orchestrator.domain.operating.acts import Door, Role
from saga_orchestrator.entrypoints.console_files import function as console_files
from saga_orchestrator.entrypoints.http_api.routes import ROUTES
from tests.release.template.deployment import (
    ACCOUNT,
    API,
    API_FUNCTION,
    FUNCTIONS,
    PEOPLE,
    REGION,
    ROOT,
    RUNNER,
    STACK,
    deploy,
)

WITH = deploy(API)
WITH_PEOPLE = deploy(PEOPLE)
ROUTE = "AWS::ApiGatewayV2::Route"


def test_without_it_there_is_nothing_of_it() -> None:
    plain = deploy()

    assert not [name for name in plain.properties if "Api" in name]
    assert not [resource.type for resource in plain.resolved.resources.values() if "ApiGateway" in resource.type]
    assert "ApiFunction" not in json.dumps([*plain.properties.values()], default=str)
    assert not [name for name in plain.resolved.outputs if "Api" in name]
    assert set(WITH.of_type("AWS::Lambda::Function")) == {*FUNCTIONS, API_FUNCTION, RUNNER}


def test_its_routes_are_those_of_the_code_and_each_wants_a_signature_or_a_token() -> None:
    declared = {route["RouteKey"]: route for route in WITH_PEOPLE.of_type(ROUTE).values()}
    routes = {key: route for key, route in declared.items() if key not in console_files.ROUTES}

    assert sorted(routes) == sorted(ROUTES)
    for key, route in routes.items():
        opened = {"AuthorizationType", "AuthorizerId", "AuthorizationScopes"} & route.keys()
        by_token = {
            "AuthorizationType": "JWT",
            "AuthorizerId": "<HttpApiPeople>",
            "AuthorizationScopes": ["scope/32"],
        }
        wanted = by_token if ROUTES[key].door is Door.JWT else {"AuthorizationType": "AWS_IAM"}
        assert {name: route[name] for name in opened} == wanted
        assert (route["ApiId"], route["Target"]) == ("<HttpApi>", "integrations/<HttpApiIntegration>")
        assert re.fullmatch(r"(GET|POST) (/iam)?/v1/[a-z_{}/]+", key), "no greedy path, and no default"


def test_without_people_there_is_no_way_in_for_them() -> None:
    routes = {route["RouteKey"] for route in WITH.of_type(ROUTE).values()}

    assert routes == {key for key, route in ROUTES.items() if route.door is Door.IAM}
    assert not [name for name in WITH.properties if "People" in name]


def test_tokens_are_verified_by_their_issuer_and_for_their_audience() -> None:
    (authorizer,) = WITH_PEOPLE.of_type("AWS::ApiGatewayV2::Authorizer").values()

    assert authorizer == {
        "ApiId": "<HttpApi>",
        "Name": STACK,
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Issuer": "https://issuer29.example.com/pool", "Audience": ["client30", "client31"]},
    }
    permission = WITH_PEOPLE.properties["HttpApiPeoplePermission"]
    assert permission["SourceArn"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:<HttpApi>/*/*/v1/*"
    assert {**permission, "SourceArn": ""} == {**WITH_PEOPLE.properties["HttpApiPermission"], "SourceArn": ""}


def test_it_calls_its_function_in_the_format_that_the_code_reads() -> None:
    (integration,) = WITH.of_type("AWS::ApiGatewayV2::Integration").values()

    assert integration == {
        "ApiId": "<HttpApi>",
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": f"<{API_FUNCTION}.Arn>",
        "PayloadFormatVersion": "2.0",
    }
    assert WITH.properties["HttpApiPermission"] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": f"<{API_FUNCTION}>",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:<HttpApi>/*/*/iam/v1/*",
    }
    (api,) = WITH.of_type("AWS::ApiGatewayV2::Api").values()
    assert (api["Name"], api["ProtocolType"]) == (STACK, "HTTP")
    assert "CorsConfiguration" not in api


def test_what_it_may_cost_is_bounded() -> None:
    (stage,) = WITH.of_type("AWS::ApiGatewayV2::Stage").values()

    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 50}
    assert WITH.properties[API_FUNCTION]["ReservedConcurrentExecutions"] in {10, "10"}
    shared = deploy(API | {"ApiConcurrency": "0"}).properties[API_FUNCTION]
    assert "ReservedConcurrentExecutions" not in shared


def test_its_function_is_like_the_others() -> None:
    properties, code = WITH.properties[API_FUNCTION], WITH.expanded.functions[API_FUNCTION]
    other = WITH.properties["CommandReplyFunction"]

    assert {path.name for path in code.directory.iterdir()} - {"__pycache__"} == {"handler.py"}
    assert (code.directory, code.handler) == (ROOT / "functions/api", "handler.lambda_handler")
    assert 12 < properties["Timeout"] < 30  # what the SDK's attempts take at worst, and what the gateway waits
    assert properties["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "<ApiLogGroup>"}
    same = ("Runtime", "Architectures", "MemorySize", "Layers")
    assert {name: properties[name] for name in same} == {name: other[name] for name in same}
    named = deploy(API | {"FunctionNames": "stack", "LogRetentionDays": "7"}).properties
    assert named[API_FUNCTION]["FunctionName"] == f"{STACK}-api"
    assert named["ApiLogGroup"] == {"LogGroupName": f"/aws/lambda/{STACK}-api", "RetentionInDays": "7"}
    assert WITH.role_of(API_FUNCTION) not in {WITH.role_of(function) for function in FUNCTIONS}


def test_its_settings_are_accepted_by_the_code() -> None:
    variables = WITH.properties[API_FUNCTION]["Environment"]["Variables"]
    others = WITH.properties["CommandRelayFunction"]["Environment"]["Variables"]

    assert Settings.from_environment(variables).operator_table == "<OperatorTable>"
    assert ApiSettings.from_environment(variables).iam_roles == {"role/on-call27": Role.OPERATOR}
    assert set(variables) - set(others) == {name.upper() for name in ApiSettings.model_fields}
    assert not [each for each in FUNCTIONS if "IAM_ROLES" in WITH.properties[each]["Environment"]["Variables"]]


@pytest.mark.parametrize("words", ["", "a:reader", " a.b:reader , https://x.example/y:z:admin ", "A=+@_-:operator"])
def test_words_that_the_template_takes_the_code_takes_too(words: str) -> None:
    variables = deploy(PEOPLE | {"RoleMap": words}).properties[API_FUNCTION]["Environment"]["Variables"]

    assert len(ApiSettings.from_environment(variables).role_map) == len([each for each in words.split(",") if each])


@pytest.mark.parametrize(
    "roles", ["", "role/a:reader", " role/a:reader , user/b.c+d=e@f_g-h:admin ", "role/AWSReservedSSO_x_0:operator"]
)
def test_roles_that_the_template_takes_the_code_takes_too(roles: str) -> None:
    variables = deploy(API | {"IamRoles": roles}).properties[API_FUNCTION]["Environment"]["Variables"]

    assert len(ApiSettings.from_environment(variables).iam_roles) == len([each for each in roles.split(",") if each])


COUNTS = {"listing", "saga_lists"}
"""What the gauges count by is what the lists are read by."""


@pytest.mark.parametrize(("checker", "may_import"), [(False, set[str]()), (True, COUNTS)], ids=["others", "checker"])
def test_no_other_function_imports_anything_of_it(checker: bool, may_import: set[str]) -> None:
    others = [folder for folder in (ROOT / "functions").iterdir() if folder.name not in {"api", "operation_runner"}]
    folders = [folder for folder in others if (folder.name == "timeout_checker") is checker]
    each = "for folder in sys.argv[1:]: runpy.run_path(folder + '/handler.py')"
    load = f"import runpy, sys\n{each}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", load, *map(str, folders)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    own = {"api_bootstrap", "http_api", "operate", "listing", "describing", "act_items", "saga_lists", "api_settings"}
    own |= {"grouping", "kinds", "counting", "batches", "batch_bootstrap", "runner_function"}

    assert folders
    assert "saga_orchestrator.bootstrap" in done.stdout.split()
    assert [name for name in done.stdout.split() if (own - may_import) & set(name.split("."))] == []


def test_nothing_leads_from_its_function_to_what_is_redriven() -> None:
    """A pointer or an operator's policy that named it could speak with any caller's voice."""
    assert API_FUNCTION not in json.dumps(WITH.properties["OperatorPolicy"])
    assert not [name for name in WITH.resolved.outputs if name == "ApiFunctionName"]
