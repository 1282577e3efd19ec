"""Who may do what, as whole sets with conditions, for every combination of the parameters that grant something."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from tests.release.template.checks import differences
from tests.release.template.checks.wanted_grants import (
    BREAK_GLASS,
    CALLS_OF_THE_API,
    GLUE,
    KEY,
    OPERATORS,
    SECRET,
    Grant,
    wanted_of,
)
from tests.release.template.deployment import (
    ACCOUNT,
    API,
    API_FUNCTION,
    CONSOLE_FUNCTION,
    FUNCTIONS,
    KAFKA_RELAY,
    KAFKA_TARGET,
    MSK,
    PEOPLE,
    REGION,
    RUNNER,
    SELF_MANAGED,
    Deployment,
    as_list,
    deploy,
)

CHOICES: tuple[dict[str, str], ...] = (
    MSK,
    SELF_MANAGED,
    {"KafkaSecretArn": f"{SECRET}kafka-in"},
    {"InlineScriptMaxBytes": "1000"},
    {**KAFKA_TARGET, **PEOPLE},  # neither of these two changes what the other one grants
    {"EncryptionKeyArn": KEY},
    GLUE,
)
COMBINATIONS = [
    {name: value for choice, taken in zip(CHOICES, chosen, strict=True) if taken for name, value in choice.items()}
    for chosen in product((False, True), repeat=len(CHOICES))
]
FEW = [COMBINATIONS[0], COMBINATIONS[-1]]
"""Nothing and everything: enough to notice a planted bug."""


def complaints(template: Path, combinations: list[dict[str, str]] | None = None) -> Iterator[str]:
    """Each grant too many or too few, of functions and operators."""
    for parameters in combinations or FEW:
        if parameters in FEW:
            yield from _reply_sources(template, parameters)
        deployed = deploy(parameters, template)
        for function in (
            *FUNCTIONS,
            *(
                [KAFKA_RELAY, API_FUNCTION, RUNNER, CONSOLE_FUNCTION]
                if KAFKA_TARGET.keys() <= parameters.keys()
                else []
            ),
        ):
            found = set(_grants(deployed.statements(deployed.role_of(function))))
            yield from _compared(f"{function} with {sorted(parameters)}", found, wanted_of(function, parameters))
        yield from _compared("break glass", _granted_by(deployed, "BreakGlassPolicy"), BREAK_GLASS)
        second = ("lambda:InvokeFunction", f"<{KAFKA_RELAY}.Arn>", "{}")
        commanded = {second} if KAFKA_TARGET.keys() <= parameters.keys() else set[Grant]()
        yield from _compared("operators", _granted_by(deployed, "OperatorPolicy"), OPERATORS | commanded)
        if "Api" in parameters:
            calls: set[Grant] = {("execute-api:Invoke", CALLS_OF_THE_API, "{}")}
            yield from _compared("callers of the API", _granted_by(deployed, "ApiCallerPolicy"), calls)
        yield from _doors(deployed)
    yield from _without_owners(template)


def _without_owners(template: Path) -> Iterator[str]:
    """There is no index of owners then: nothing is granted on what somebody may add later."""
    deployed = deploy(API, template)
    owners = {each for each in wanted_of(API_FUNCTION, {}) if each[1].endswith("/index/owner")}
    found = set(_grants(deployed.statements(deployed.role_of(API_FUNCTION))))
    yield from _compared("the API without owners", found, wanted_of(API_FUNCTION, {}) - owners)


def _reply_sources(template: Path, parameters: dict[str, str]) -> Iterator[str]:
    """Participants with sources of their own may put events on the bus, and nothing but replies is taken of them."""
    deployed = deploy({**parameters, "ReplySources": "shop,bank"}, template)
    admitted = deployed.properties["EventBusPolicy"]["Statement"]["Condition"]
    sources = {"StringEquals": {"events:source": ["executions", "shop", "bank"]}}
    yield from differences("bus policy with participants", admitted, sources)
    for name, rule in deployed.of_type("AWS::Events::Rule").items():
        taken = {"shop", "bank"} & set(rule["EventPattern"]["source"])
        if len(taken) != (2 if name == "CommandReplyFunctionRule" else 0):
            yield f"{name}: takes what comes from {sorted(taken)} of the participants' sources"


def _granted_by(deployed: Deployment, policy: str) -> set[Grant]:
    return {
        (action, "stack" if ":stack/" in resource else resource, condition)
        for action, resource, condition in _grants(deployed.properties[policy]["PolicyDocument"]["Statement"])
    }


def _doors(deployed: Deployment) -> Iterator[str]:
    """What resources themselves allow: the bus to this account's producers alone, the dead letters to this bus."""
    bus = {"StringEquals": {"events:source": "executions"}}
    statement = deployed.properties["EventBusPolicy"]["Statement"]
    wanted = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": "<EventBus.Arn>",
        "Condition": bus,
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    }
    yield from differences("bus policy", statement, wanted)
    for name, sources in deployed.of_type("AWS::Lambda::Permission").items():
        own = "HttpApi" if name.startswith("HttpApi") else name.removesuffix("Permission")
        if not sources.get("SourceArn", "").startswith((f"<{own}", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:<{own}>/")):
            yield f"{name}: anybody may invoke through it"


def _grants(statements: list[Any]) -> Iterator[Grant]:
    for statement in statements:
        if statement["Effect"] != "Allow":
            continue
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield action, resource, json.dumps(statement.get("Condition", {}))


def _compared(who: str, found: set[Grant], wanted: set[Grant]) -> Iterator[str]:
    yield from (f"{who}: may do {grant} and should not" for grant in sorted(found - wanted))
    yield from (f"{who}: may not do {grant} and should" for grant in sorted(wanted - found))
