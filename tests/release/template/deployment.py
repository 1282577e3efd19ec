"""The template as AWS would deploy it: transformed, resolved, with names instead of the values that only AWS knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from local_stack.template import (
    ExpandedTemplate,
    ResolvedTemplate,
    expand,
    pseudo_parameters,
    resolve,
    resolve_template,
)
from saga_orchestrator.domain.events import EventType

ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / "template.yaml"
REGION = "eu-central-1"
ACCOUNT = "123456789012"
STACK = "sagas"

EVENT_FUNCTIONS = {
    str(event_type): "".join(part.title() for part in event_type.split("_")) + "Function" for event_type in EventType
}
ORDER_EVENTS = ("ORDER_PLACED", "ORDER_APPROVED", "ORDER_DECLINED", "ORDER_CANCELLED")
SAGA_EVENT, COMMAND_REPLY = "SagaEventFunction", "CommandReplyFunction"
MAPPED_FUNCTIONS = {**EVENT_FUNCTIONS, **dict.fromkeys(ORDER_EVENTS, SAGA_EVENT), "COMMAND_REPLY": COMMAND_REPLY}
"""Every event type that has a topic of its own, and the function that takes it."""
FED_FUNCTIONS = list(dict.fromkeys(MAPPED_FUNCTIONS.values()))
"""Each of them once."""
SAGA_WAKE = "SagaWakeFunction"
"""There is one unless wakes are switched off."""
NO_WAKES = {"Wakes": "false"}
FUNCTIONS = [*FED_FUNCTIONS, "TimeoutCheckerFunction", SAGA_WAKE, "CommandRelayFunction"]
KAFKA_RELAY = "KafkaRelayFunction"
"""There is one where a Kafka target is given."""
KAFKA_TARGET = {
    "KafkaTargetBootstrap": "broker18:9092",
    "KafkaTargetSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:kafka-out",
}

API_FUNCTION = "ApiFunction"
RUNNER = "OperationRunnerFunction"
"""There are these two where an HTTP API is asked for."""
CONSOLE_FUNCTION = "ConsoleFunction"
"""There is one where people sign in."""
API = {"Api": "iam", "IamRoles": "role/on-call27:operator"}
PEOPLE = {
    **API,
    "Api": "iam+jwt",
    "JwtIssuer": "https://issuer29.example.com/pool",
    "JwtAudience": "client30,client31",
    "ApiScope": "scope/32",
    "RoleClaim": "groups33",
    "RoleMap": "operators34:operator",
    "OwnerClaim": "owner35",
    "OwnerIndex": "true",
    "ConsoleAuthorizeUrl": "https://login.example/authorize",
    "ConsoleTokenUrl": "https://login.example:8443/token",
    "ConsoleClientId": "console36",
}

MSK_CLUSTER = f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/events/11111111-2222"
MSK = {"MskClusterArn": MSK_CLUSTER}
SELF_MANAGED = {"KafkaBootstrapServers": "b-1:9092,b-2:9092"}
PROVISIONED = {"KafkaMode": "provisioned"}


@dataclass(frozen=True)
class Deployment:
    expanded: ExpandedTemplate
    resolved: ResolvedTemplate
    properties: Mapping[str, Mapping[str, Any]]

    def of_type(self, resource_type: str) -> dict[str, Mapping[str, Any]]:
        return {
            logical_id: self.properties[logical_id]
            for logical_id, resource in self.resolved.resources.items()
            if resource.type == resource_type
        }

    def role_of(self, function: str) -> str:
        return _named(self.properties[function]["Role"])

    def statements(self, role: str) -> list[Mapping[str, Any]]:
        """What the template itself grants to a role, wherever it is written."""
        inline = [policy["PolicyDocument"] for policy in self.properties[role].get("Policies", [])]
        attached = [
            policy["PolicyDocument"]
            for policy in (
                *self.of_type("AWS::IAM::Policy").values(),
                *self.of_type("AWS::IAM::ManagedPolicy").values(),
            )
            if role in map(_named, policy.get("Roles", []))
        ]
        return [statement for document in (*inline, *attached) for statement in document["Statement"]]

    def mappings_of(self, function: str) -> dict[str, Mapping[str, Any]]:
        mappings = self.of_type("AWS::Lambda::EventSourceMapping")
        return {name: mapping for name, mapping in mappings.items() if _named(mapping["FunctionName"]) == function}

    def alarms(self) -> Iterator[tuple[str, Mapping[str, Any], list[Mapping[str, Any]]]]:
        """Each alarm with the metrics that it watches."""
        for name, alarm in self.of_type("AWS::CloudWatch::Alarm").items():
            watched = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
            yield name, alarm, watched or [alarm]


def deploy(
    parameters: Mapping[str, str] | None = None, template: Path = TEMPLATE, stack_name: str = STACK
) -> Deployment:
    return _deploy(tuple(sorted((parameters or {}).items())), template, stack_name)


@cache
def _deploy(parameters: tuple[tuple[str, str], ...], template: Path, stack_name: str) -> Deployment:
    given = dict(parameters)
    expanded = expand(template, given, REGION)
    pseudo = pseudo_parameters(region=REGION, account_id=ACCOUNT, stack_name=stack_name)
    resolved = resolve_template(expanded.template, given, pseudo)
    properties = {
        logical_id: resolve(resource.properties, symbol) for logical_id, resource in resolved.resources.items()
    }
    return Deployment(expanded, resolved, properties)


def symbol(logical_id: str, attribute: str | None) -> str:
    """Stands for what AWS would answer, and tells which resource was meant."""
    return f"<{logical_id}{'.' + attribute if attribute else ''}>"


def kafka_mapping(event_type: str, parameters: dict[str, str]) -> dict[str, Any]:
    """The only one that takes this type, from whichever cluster there is."""
    camel = "".join(part.title() for part in event_type.split("_"))
    mappings = deploy(parameters).mappings_of(MAPPED_FUNCTIONS[event_type])
    (mapping,) = [mapping for name, mapping in mappings.items() if name.startswith(camel)]
    return dict(mapping)


def _named(symbolic: str) -> str:
    return symbolic.strip("<>").split(".")[0]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
