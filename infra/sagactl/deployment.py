"""One deployed stack: the names of its resources, read from the outputs of its CloudFormation stack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from saga_orchestrator.adapters.aws_errors import code_of
from saga_orchestrator.domain.events import EventType
from saga_orchestrator.domain.registry import REPLY
from sagactl.connection import Connection, Target, connect
from sagactl.errors import NotUsableError


@dataclass(frozen=True)
class Deployment:
    """A stack and the clients to reach it."""

    stack_name: str
    outputs: Mapping[str, str]
    connection: Connection

    def client(self, service: str) -> Any:
        """The SDK client of a service."""
        return self.connection.client(service)

    def output(self, name: str) -> str:
        """The value of a stack output; a stack without it was made from another template."""
        if name not in self.outputs:
            message = (
                f"stack {self.stack_name} has no output {name}: it was not deployed from this version's template.yaml"
            )
            raise NotUsableError(message)
        return self.outputs[name]

    @property
    def table(self) -> str:
        return self.output("TableName")

    @property
    def payload_bucket(self) -> str:
        return self.output("PayloadBucketName")

    @property
    def rejected_queue_url(self) -> str:
        return self.output("RejectedQueueUrl")

    @property
    def operator_table(self) -> str:
        return self.output("OperatorTableName")

    @property
    def dead_letter_queue_url(self) -> str:
        return self.output("RuleDeadLetterQueueUrl")

    @property
    def event_functions(self) -> dict[str, str]:
        """Deployed name by event type."""
        named = {
            str(each): self.outputs.get(f"{''.join(map(str.capitalize, each.split('_')))}FunctionName")
            for each in EventType
        }
        return {event_type: name for event_type, name in named.items() if name}

    def event_functions_for(self, of_sagas: Iterable[str]) -> dict[str, str]:
        """With those that take replies, and `of_sagas`: the types of event that other sagas name."""
        reply, saga = self.outputs.get("CommandReplyFunctionName"), self.outputs.get("SagaEventFunctionName")
        return {
            **self.event_functions,
            **({REPLY: reply} if reply else {}),
            **(dict.fromkeys(of_sagas, saga) if saga else {}),
        }

    @property
    def event_bus(self) -> str:
        return self.output("EventBusName")

    @property
    def event_source(self) -> str:
        return self.output("EventSource")

    @property
    def relay_functions(self) -> tuple[str, ...]:
        """One for each target: the bus, and the Kafka topic where the stack has one."""
        kafka = self.outputs.get("KafkaRelayFunctionName")
        return (self.output("RelayFunctionName"), *([kafka] if kafka else []))

    @property
    def operator_source(self) -> str:
        return self.output("OperatorSource")


def deployment(target: Target) -> Deployment:
    """Look the stack up by its name."""
    connection = connect(target)
    try:
        stacks = connection.client("cloudformation").describe_stacks(StackName=target.stack_name)["Stacks"]
    except ClientError as error:
        if code_of(error) != "ValidationError":
            raise
        message = f"there is no stack {target.stack_name} ({connection.place}); name yours with --stack-name"
        raise NotUsableError(message) from error
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stacks[0].get("Outputs", [])}
    return Deployment(target.stack_name, outputs, connection)
