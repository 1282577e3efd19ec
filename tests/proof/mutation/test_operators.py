"""The mutations of our own. `make mutation` runs this first: cosmic-ray is in no environment but its own."""

import pytest

pytest.importorskip("cosmic_ray", reason="run by `make mutation`, in the environment of the mutation tool")

from cosmic_ray.mutating import mutate_code

from tests.proof.mutation.operators import Operator, operators


def all_of(name: str, source: str) -> list[str]:
    operator: Operator = operators()[name]
    found: list[str] = []
    while (text := mutate_code(source, operator, len(found))) is not None:
        found.append(text.replace(" ", "").rstrip("\n"))
    return found


@pytest.mark.parametrize(
    ("name", "source", "mutants"),
    [
        ("DropArgument", "f(a, b=1)\n", ["f(b=1,)", "f(a,)"]),
        ("DropArgument", "f(a)\n", ["f()"]),
        ("DropArgument", "f()\n", []),
        ("DropArgument", "@d(a=1, b=2)\ndef f(): pass\n", ["@d(b=2,)\ndeff():pass", "@d(a=1,)\ndeff():pass"]),
        ("DropArgument", "x[a, b]\n", []),
        ("DropElement", "x = (a, b)\n", ["x=(b,)", "x=(a,)"]),
        ("DropElement", "x = (a,)\n", ["x=()"]),
        ("DropElement", "x = (a)\n", []),
        ("DropElement", "x = [a]\n", ["x=[]"]),
        ("DropElement", "x = {a: 1, **b}\n", ["x={**b,}", "x={a:1,}"]),
        ("DropElement", "x = [a for a in b]\n", []),
        ("DropStatement", "f(x)\n", ["pass"]),
        ("DropStatement", "x += 1\n", ["pass"]),
        ("DropStatement", "x = 1\n", []),
        ("DropStatement", "raise X from y\n", ["pass"]),
        ("DropStatement", "raise\n", ["pass"]),
        ("DropStatement", '"""Words."""\n', []),
        ("ReplaceString", 'x = "code"\n', ['x="XXcode"']),
        ("ReplaceString", 'x = b"ab"\n', ['x=b"XXab"']),
        ("ReplaceString", 'x = f"{a}#{b}"\n', ['x=f"XX{a}#{b}"']),
        ("ReplaceString", 'x = " ".join(y)\n', ['x="XX".join(y)']),
        ("ReplaceString", 'x = "the wording of a message"\n', []),
        ("ReplaceString", '"""Words"""\n', []),
        ("SwapMembership", "a in b\n", ["anotinb"]),
        ("SwapMembership", "a not in b\n", ["ainb"]),
        ("SwapMembership", "a < b\n", []),
        ("NegateFilter", "[a for a in b if c or d]\n", ["[aforainbifnot(cord)]"]),
    ],
)
def test_an_operator_makes_these_mutants_and_no_others(name: str, source: str, mutants: list[str]) -> None:
    assert all_of(name, source) == mutants
