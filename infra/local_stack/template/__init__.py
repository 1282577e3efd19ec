"""From the SAM template to resources that exist: its expansion, parameters and intrinsic functions, the provisioning of
each resource type, and what only this machine knows.
"""

from local_stack.template.dependencies import creation_order, references
from local_stack.template.expansion import ExpandedTemplate, FunctionCode, expand
from local_stack.template.intrinsics import ResolvedTemplate, Resource, pseudo_parameters, resolve, resolve_template
from local_stack.template.inventory import ACCOUNT, Provisioned
from local_stack.template.local_values import sandbox_environment, with_local_values
from local_stack.template.provisioning import provision
from local_stack.template.reading import read_template

__all__ = [
    "ACCOUNT",
    "ExpandedTemplate",
    "FunctionCode",
    "Provisioned",
    "ResolvedTemplate",
    "Resource",
    "creation_order",
    "expand",
    "provision",
    "pseudo_parameters",
    "read_template",
    "references",
    "resolve",
    "resolve_template",
    "sandbox_environment",
    "with_local_values",
]
