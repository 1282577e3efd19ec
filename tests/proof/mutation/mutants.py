"""All mutants of a file: each is the whole text with one change, which still compiles and is not the same program."""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from .operators import Operator, operators
from .scope import ANNOTATIONS_ARE_CODE, short
from .source import Key, place_of

Place = tuple[int, int]
Span = tuple[Place, Place]


@dataclass(frozen=True, slots=True)
class Mutant:
    """`where`, `before` and `after` (the lines that differ) name a mutant, whatever the line numbers are by then."""

    file: str
    where: str
    line: int
    operator: str
    before: str
    after: str
    text: str

    @property
    def package(self) -> str:
        return self.file.partition("/")[0]

    @property
    def key(self) -> Key:
        return self.file, self.where, self.before, self.after


def mutants_of(path: Path) -> Iterator[Mutant]:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    seen = {ast.dump(tree)}
    silent = _annotations(tree, keep=short(path) == ANNOTATIONS_ARE_CODE)
    for name, operator in operators().items():
        for occurrence, (start, _end) in enumerate(_positions(source, operator)):
            if any(first <= start < last for first, last in silent):
                continue
            try:
                text = mutate_code(source, operator, occurrence)
            except AttributeError:  # cosmic-ray cannot rename a dotted exception; DropElement leaves it out instead
                continue
            program = _program(text)
            if program is None or program in seen:
                continue
            seen.add(program)
            before, after = _difference(source, text)
            yield Mutant(short(path), place_of(start[0], tree), start[0], name, before, after, text)


def _positions(source: str, operator: Operator) -> Iterator[Span]:
    for node in ast_nodes(get_ast(source)):
        yield from operator.mutation_positions(node)


def _program(text: str) -> str | None:
    """What the text means, None when it is no Python."""
    try:
        compile(text, "mutant", "exec")
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None


def _annotations(tree: ast.Module, *, keep: bool) -> list[Span]:
    found: list[ast.expr | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            found += [node.returns, *(argument.annotation for argument in arguments)]
        elif isinstance(node, ast.AnnAssign) and not keep:
            found.append(node.annotation)
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0))
        for node in found
        if node is not None
    ]


def _difference(source: str, text: str) -> tuple[str, str]:
    diff = list(difflib.ndiff(source.splitlines(), text.splitlines()))
    before, after = (
        "\n".join(line[2:].strip() for line in diff if line.startswith(sign)).strip() for sign in ("- ", "+ ")
    )
    return before, after
