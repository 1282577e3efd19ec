"""A cheaper copy of moto's parsed expressions; the copy is the same. See `moto_repairs`."""

import copy
from typing import Any

from moto.dynamodb.parsing.ast_nodes import Node  # type: ignore[attr-defined]  # moto leaves the module unchecked

from local_stack.aws.moto_repairs.state import replace_method


def copy_expressions_cheaply() -> None:
    """moto copies the parsed expression for each validation, by the protocol that also serves pickling: more than a
    tenth of what an update costs. A node is its attributes, so those are copied, each node once."""

    def deepcopy(self: Node, memo: dict[int, Any]) -> Node:
        copied = object.__new__(type(self))
        memo[id(self)] = copied
        for name, value in vars(self).items():
            setattr(copied, name, value if value is None or type(value) is str else copy.deepcopy(value, memo))
        return copied

    replace_method(Node, "__deepcopy__", deepcopy)
