"""From the template's file to what is to be created, or to one line that says what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.errors import BrokenTemplate
from local_stack.template.expansion import FunctionCode, expand
from local_stack.template.intrinsics import ResolvedTemplate, pseudo_parameters, resolve_template
from local_stack.template.inventory import ACCOUNT
from local_stack.template.provisioning import check_supported


@dataclass(frozen=True)
class Declared:
    """What the template declares with these parameters; references to resources are still open."""

    resources: ResolvedTemplate
    code: Mapping[str, FunctionCode]


def read_template(template: Path, parameters: Mapping[str, str], region: str, stack_name: str) -> Declared:
    """Raises BrokenTemplate or UnsupportedResource, and nothing else, before anything has been created."""
    pseudo = pseudo_parameters(region=region, account_id=ACCOUNT, stack_name=stack_name)
    try:
        expanded = expand(template, parameters, region)
        resolved = resolve_template(expanded.template, parameters, pseudo)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # Whoever wrote a list where CloudFormation wants an object meets the transform, or ours, with its guard down.
        raise BrokenTemplate(f"{template.name} has not the shape of a template: {error!r}") from error
    check_supported(resolved)
    return Declared(resolved, expanded.functions)
