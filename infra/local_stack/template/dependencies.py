"""What a resolved template's resources refer to, and so the order in which they can be created."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from local_stack.errors import BrokenTemplate
from local_stack.template.intrinsics import Resource, attribute_reference


def references(value: Any) -> frozenset[str]:
    """The logical ids that a resolved value still refers to."""
    if isinstance(value, Mapping):
        if len(value) == 1:
            (key, argument), *_ = value.items()
            if key == "Ref" and isinstance(argument, str):
                return frozenset({argument})
            if key == "Fn::GetAtt":
                return frozenset({attribute_reference(argument, key)[0]})
        return frozenset().union(*(references(item) for item in value.values()))
    if isinstance(value, list):
        return frozenset().union(*(references(item) for item in value))
    return frozenset()


def creation_order(resources: Mapping[str, Resource]) -> list[str]:
    """Logical ids such that each one comes after everything that it refers to or depends on."""
    graph = {
        logical_id: (references(resource.properties) | set(resource.depends_on)) & resources.keys()
        for logical_id, resource in resources.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise BrokenTemplate(f"resources refer to each other in a circle: {' -> '.join(error.args[1])}") from error
