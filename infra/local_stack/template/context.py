"""What whoever creates a resource needs: clients, names, and what has been created so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_stack.aws import AwsClients
from local_stack.template.expansion import FunctionCode
from local_stack.template.inventory import ACCOUNT, Provisioned


@dataclass(frozen=True)
class Context:
    """What a provisioner needs: clients, names, the code of functions, and the inventory so far."""

    clients: AwsClients
    stack_name: str
    code: Mapping[str, FunctionCode]
    made: Provisioned

    def name(self, properties: Mapping[str, Any], key: str, logical_id: str, longest: int = 255) -> str:
        """As CloudFormation: the given name, else one from stack and logical id, of which the stack's is cut."""
        return str(properties.get(key) or f"{self.stack_name[: longest - 1 - len(logical_id)]}-{logical_id}")

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.clients.region}:{ACCOUNT}:{resource}"
