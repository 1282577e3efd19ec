"""How a mutant is named, so that the name outlives a change elsewhere in the file."""

import ast

Key = tuple[str, str, str, str]
"""File, function or class, the lines as they stand, and as the mutant has them."""


def place_of(line: int, tree: ast.AST) -> str:
    """`Saga.has_started`: the innermost function or class around `line`, empty at the module's own level."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first <= line <= (node.end_lineno or line):
                inner = place_of(line, node)
                return f"{node.name}.{inner}" if inner else node.name
    return ""
