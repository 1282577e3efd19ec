"""Values that real people typed: refused before anything is deployed, with the right spelling, or accepted."""

import json
import re
from typing import Any

import pytest

from local_stack import BrokenTemplate
from saga_orchestrator.domain.policy import names_a_resource
from saga_orchestrator.entrypoints.schemas import WireRequested
from tests.release.template.deployment import (
    API_FUNCTION,
    CONSOLE_FUNCTION,
    FUNCTIONS,
    KAFKA_RELAY,
    KAFKA_TARGET,
    PEOPLE,
    RUNNER,
    deploy,
)

FIELD_CASES = (
    "limits-lost-their-quotes",
    "limits-of-no-language",
    "cluster-by-vpc-connection",
    "allowed-images-too-long",
)

DECLARED: dict[str, dict[str, Any]] = deploy().expanded.template["Parameters"]
KILOBYTES = 4 * 1024
"""Lambda's limit for names and values of a function's variables together (Lambda quotas)."""
LONGEST_NAMES = {
    "<SagaTable>": 152,  # CloudFormation: stack's name, logical id, 13 characters of its own
    "<OperatorTable>": 156,
    "<PayloadBucket>": 63,
    "<RejectedQueue>": len("https://sqs.ap-southeast-2.amazonaws.com/123456789012/") + 80,
    "<WakeQueue>": len("https://sqs.ap-southeast-2.amazonaws.com/123456789012/") + 80,
    "<EventBus>": 128,
}


LONGEST_FUNCTION_NAME = 64


def refused(**parameters: str) -> str:
    with pytest.raises(BrokenTemplate) as told:
        deploy(parameters)
    return str(told.value)


def test_limits_lost_their_quotes() -> None:
    """Case `limits-lost-their-quotes`: shells and SAM take quotes away, and the answer says how to keep them."""
    for what_is_left in ("{python:200}", "{", "{python:200", "python:200"):
        assert r"'LanguageLimits={\"python\":200" in refused(LanguageLimits=what_is_left)


@pytest.mark.parametrize("language", ["Python", "", " python", "-x", "p" * 65, "c sharp", "pythön"])
def test_limits_of_no_language(language: str) -> None:
    """Case `limits-of-no-language`: nothing can take slots under that name, so its limit would never hold."""
    assert "in lower case" in refused(LanguageLimits=f'{{"{language}":200}}')


@pytest.mark.parametrize("languages", ["Python", "python,,ruby", "-x", "p" * 33, "c sharp", "pythön", "python,"])
def test_no_language_can_be_allowed_that_no_request_can_have(languages: str) -> None:
    assert "in lower case" in refused(AllowedLanguages=languages)


@pytest.mark.parametrize("language", ["python", "c++", "node.js", "r", "objective-c", "p" * 32, "3d_print"])
def test_every_language_that_a_request_may_have_can_be_limited(language: str) -> None:
    (pattern,) = (rule.pattern for rule in WireRequested.model_fields["language"].metadata if hasattr(rule, "pattern"))
    assert re.match(pattern, language)
    deploy({"LanguageLimits": f'{{"{language}": 200}}', "AllowedLanguages": f"java, {language}"})


@pytest.mark.parametrize("resource", ["lorries", "d" * 64])
def test_whatever_else_a_saga_may_take_slots_of_can_be_limited(resource: str) -> None:
    assert names_a_resource(resource)
    deploy({"LanguageLimits": f'{{"{resource}": 200}}'})


@pytest.mark.parametrize(
    "limits",
    [
        *('{"a":0}', '{"a":-1}', '{"a":1.5}', '{"a":"open"}', '{"a":"5"}', '{"a":null}', '{"a":true}', '{"a":01}'),
        *('{"a":1,}', '{"a":1 "b":2}', '{"a":1,"a":2}', '{"a":{}}', "[]", '{"a":99999999}', '{"a":"Unlimited"}'),
    ],
)
def test_a_limit_is_a_number_above_zero_or_a_word_and_stands_once(limits: str) -> None:
    assert '"unlimited" or "closed"' in refused(LanguageLimits=limits)


@pytest.mark.parametrize(
    "limits", ["{}", " { } ", '{"python":1}', '{ "c++" : 1000000 , "r":"closed","go":"unlimited"}']
)
def test_limits_as_they_should_be_are_accepted(limits: str) -> None:
    deploy({"LanguageLimits": limits})


def test_cluster_by_vpc_connection() -> None:
    """Case `cluster-by-vpc-connection`: a cluster of another account is known by the connection to it alone."""
    arn = "arn:aws:kafka:us-east-1:123456789012:vpc-connection/123456789012/name/00000000-0000-0000-0000-000000000000-1"
    deployed = deploy({"MskClusterArn": arn})

    assert deployed.properties["ExecutionStartedMskMapping"]["EventSourceArn"] == arn
    (cluster,) = deployed.properties["MskClusterPolicy"]["PolicyDocument"]["Statement"]
    assert cluster["Resource"] == [arn, "arn:aws:kafka:eu-central-1:*:cluster/name/*"]
    assert "kafka:DescribeVpcConnection" in cluster["Action"]
    topic, group = deployed.properties["ExecutionStartedTopicPolicy"]["PolicyDocument"]["Statement"]
    assert topic["Resource"] == "arn:aws:kafka:eu-central-1:*:topic/name/*/execution_started"
    assert group["Resource"] == "arn:aws:kafka:eu-central-1:*:group/name/*/sagas-execution-started-msk"


def test_allowed_images_too_long() -> None:
    """Case `allowed-images-too-long`: eighty images of 75 characters do not fit into a function's environment."""
    images = ",".join(f"{number:02d}{'i' * 73}" for number in range(80))

    assert "992 characters" in refused(AllowedImages=images)
    deploy({"AllowedImages": images[: 13 * 76 - 1]})


@pytest.mark.parametrize("function", [*FUNCTIONS, KAFKA_RELAY, API_FUNCTION, RUNNER, CONSOLE_FUNCTION])
def test_the_longest_values_that_are_accepted_fit_into_four_kilobytes(function: str) -> None:
    layer = "arn:aws:lambda:eu-central-1:123456789012:layer:AWSOpenTelemetryDistroPython:1"
    deployed = deploy({**PEOPLE, **KAFKA_TARGET, "OpenTelemetryLayerArn": layer}, stack_name="s" * 128)
    values = deployed.expanded.template["Resources"][function]["Properties"]["Environment"]["Variables"]

    size = 0
    for name, value in values.items():
        given = deployed.properties[function]["Environment"]["Variables"][name]
        parameter = value.get("Ref") if isinstance(value, dict) else None
        size += len(name) + (_longest(parameter) if parameter in DECLARED else _longest_name(given))

    assert size <= KILOBYTES


ARNS: dict[str, str] = {
    "SagaTable": "arn:aws:dynamodb:ap-southeast-2:123456789012:table/" + "t" * LONGEST_NAMES["<SagaTable>"],
    "OperatorTable": "arn:aws:dynamodb:ap-southeast-2:123456789012:table/" + "t" * LONGEST_NAMES["<OperatorTable>"],
    "PayloadBucket": "arn:aws:s3:::" + "b" * LONGEST_NAMES["<PayloadBucket>"],
    **dict.fromkeys(("RejectedQueue", "RuleDeadLetterQueue"), "arn:aws:sqs:ap-southeast-2:123456789012:" + "q" * 80),
    "EventBus": "arn:aws:events:ap-southeast-2:123456789012:event-bus/" + "e" * LONGEST_NAMES["<EventBus>"],
}
LONGEST_FUNCTION_ARN = "arn:aws:lambda:ap-southeast-2:123456789012:function:" + "f" * LONGEST_FUNCTION_NAME
LONGEST_POLICY = 6_144
"""Of a managed policy, without white space (IAM quotas)."""


@pytest.mark.parametrize("policy", ["OperatorPolicy", "BreakGlassPolicy", "ApiCallerPolicy"])
def test_a_policy_fits_whatever_the_stack_is_called(policy: str) -> None:
    deployed = deploy({**PEOPLE, **KAFKA_TARGET}, stack_name="s" * 128)
    text = json.dumps(deployed.properties[policy]["PolicyDocument"], separators=(",", ":"))

    whole = re.sub(r"<(\w+)\.Arn>", lambda found: ARNS.get(found[1], LONGEST_FUNCTION_ARN), text)
    assert len(whole.replace(" ", "")) <= LONGEST_POLICY


def _longest_name(given: str) -> int:
    """Of what CloudFormation names; there may be several functions in one variable."""
    return LONGEST_NAMES.get(given, len(re.sub(r"<\w+Function>", "f" * LONGEST_FUNCTION_NAME, given)))


def _longest(parameter: str) -> int:
    declared = DECLARED[parameter]
    if "AllowedValues" in declared:
        return max(len(str(value)) for value in declared["AllowedValues"])
    if "MaxLength" in declared:
        return int(declared["MaxLength"])
    if "MaxValue" in declared:
        return len(str(declared["MaxValue"]))
    (repeated,) = re.findall(r"\{\d,(\d+)\}\$$", declared["AllowedPattern"])
    return int(repeated) + 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AdminUsers", "a,b;c"),
        ("AdminUsers", "u" * 257),
        ("AllowedScriptBuckets", "No-Capitals"),
        ("AllowedScriptBuckets", "a"),
        ("AllowedImages", "python:3,-x"),
        ("MskClusterArn", "arn:aws:kafka:us-east-1:123456789012:vpc-connection/name/uuid"),
        ("FunctionNames", "mine"),
        ("KafkaTargetBootstrap", ",".join(f"broker-{number}.example.com:9092" for number in range(20))),
    ],
)
def test_the_kind_of_these_is_refused_too(name: str, value: str) -> None:
    assert name in refused(**{name: value})
