"""Creates what the template declares, one small function per resource type; a type that none of them knows stops the
start.

moto's own CloudFormation skips what it does not know and says CREATE_COMPLETE, which is why it is not used for this.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from local_stack.aws import AwsClients, declare_alarm
from local_stack.errors import BrokenTemplate, UnsupportedResource
from local_stack.template.context import Context
from local_stack.template.dependencies import creation_order
from local_stack.template.event_wiring import event_bus, mapping, rule, schedule
from local_stack.template.expansion import FunctionCode
from local_stack.template.functions import event_invoke_config, function
from local_stack.template.http_api import HTTP_API_TYPES, provision_http_api
from local_stack.template.intrinsics import ResolvedTemplate, Resource, resolve
from local_stack.template.inventory import ACCOUNT, Physical, Provisioned
from local_stack.template.stores import bucket, queue, table, topic

#: Types that describe permissions, packaging or watching. The template's tests assert on them; nothing here enforces or
#: evaluates them.
DECLARED_ONLY: Mapping[str, str] = {
    "AWS::CloudWatch::CompositeAlarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::Events::Archive": "archive",
    "AWS::Events::EventBusPolicy": "policy",
    "AWS::IAM::ManagedPolicy": "policy",
    "AWS::IAM::Policy": "policy",
    "AWS::IAM::Role": "role",
    "AWS::KMS::Alias": "alias",
    "AWS::KMS::Key": "key",
    "AWS::Lambda::LayerVersion": "layer",
    "AWS::Lambda::Permission": "permission",
    "AWS::Logs::LogGroup": "log-group",
    "AWS::Logs::MetricFilter": "metric-filter",
    "AWS::Logs::QueryDefinition": "query-definition",
    "AWS::S3::BucketPolicy": "policy",
    "AWS::SNS::TopicPolicy": "policy",
    "AWS::SQS::QueuePolicy": "policy",
}
_Provisioner = Callable[[Context, Resource, Mapping[str, Any]], Physical]


def check_supported(template: ResolvedTemplate) -> None:
    """Raises UnsupportedResource before anything is created."""
    for resource in template.resources.values():
        if resource.type not in _PROVISIONERS and resource.type not in DECLARED_ONLY:
            raise UnsupportedResource(resource.type, resource.logical_id)


def provision(
    template: ResolvedTemplate,
    code: Mapping[str, FunctionCode],
    clients: AwsClients,
    stack_name: str,
    made: Provisioned,
) -> None:
    """Create everything in the order of the references, into `made`. Functions, mappings and schedules are only
    described. Raises BrokenTemplate for a resource that AWS would refuse to create."""
    check_supported(template)
    context = Context(clients, stack_name, code, made)
    for logical_id in creation_order(template.resources):
        resource = template.resources[logical_id]
        properties = resolve(resource.properties, context.made.lookup)
        create = _PROVISIONERS.get(resource.type, _declare)
        try:
            context.made.physical[logical_id] = create(context, resource, properties)
        except KeyError as error:
            raise BrokenTemplate(f"{logical_id} ({resource.type}) needs the property {error.args[0]}") from error
        except (ClientError, ParamValidationError, AttributeError, TypeError, ValueError) as error:
            raise BrokenTemplate(f"{logical_id} ({resource.type}) cannot be created: {error}") from error
    made.outputs.update({name: str(resolve(value, made.lookup)) for name, value in template.outputs.items()})


def _declare(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    kind = DECLARED_ONLY[resource.type]
    name = next(
        (str(value) for key, value in properties.items() if key.endswith("Name") and isinstance(value, str)), None
    )
    name = name or f"{context.stack_name}-{resource.logical_id}"
    service = resource.type.split("::")[1].lower()
    return Physical(name, {"Arn": context.arn(service, f"{kind}/{name}")})


def _alarm(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    name = context.name(properties, "AlarmName", resource.logical_id)
    declare_alarm(ACCOUNT, context.clients.region, name, properties)
    return Physical(name, {"Arn": context.arn("cloudwatch", f"alarm:{name}")})


def _http_api(context: Context, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    return provision_http_api(context.made, resource, properties)


_PROVISIONERS: Mapping[str, _Provisioner] = {
    **dict.fromkeys(HTTP_API_TYPES, _http_api),
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": table,
    "AWS::Events::EventBus": event_bus,
    "AWS::Events::Rule": rule,
    "AWS::Lambda::EventInvokeConfig": event_invoke_config,
    "AWS::Lambda::EventSourceMapping": mapping,
    "AWS::Lambda::Function": function,
    "AWS::S3::Bucket": bucket,
    "AWS::SNS::Topic": topic,
    "AWS::SQS::Queue": queue,
    "AWS::Scheduler::Schedule": schedule,
}
