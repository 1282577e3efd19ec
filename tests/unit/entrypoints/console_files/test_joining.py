"""Modules become one script in the order of their imports, and one that is written otherwise stops the start."""

import hashlib
from pathlib import Path

import pytest

from saga_orchestrator.entrypoints.console_files.joining import NotJoined, joined

CONSOLE = Path(__file__).parents[4] / "functions" / "console"
PUBLISHED = "72284e8e9079c87817145df1110f74e8a2aa040b2fc384922e18dfcb46fc1fd7"
"""sha256 of htm/preact/standalone.module.js in htm 3.1.1, as the npm registry has it."""


def test_each_module_comes_once_and_behind_what_it_imports() -> None:
    script = joined(
        {
            "main.js": 'import { b } from "./b.js";\nimport { c } from "./c.js";\nb(c);\n',
            "b.js": 'import { c as d } from "./c.js";\nimport { h } from "./htm-preact.js";\nexport function b() {}\n',
            "c.js": "export const c = 1;\nconst own = 2;\n",
            "unused.js": "nothing();\n",
        }
    )

    assert script == (
        'import * as $htm_preact from "./htm-preact.js";\n'
        "\n// c.js\nconst $c = (() => {\nconst c = 1;\nconst own = 2;\nreturn { c };\n})();\n"
        "\n// b.js\nconst $b = (() => {\nconst { c: d } = $c;\nconst { h } = $htm_preact;\n"
        "function b() {}\nreturn { b };\n})();\n"
        "\n// main.js\nconst $main = (() => {\nconst { b } = $b;\nconst { c } = $c;\nb(c);\nreturn {  };\n})();\n"
    )


@pytest.mark.parametrize(
    ("modules", "named"),
    [
        ({"main.js": 'import { a } from "./a.js";\n', "a.js": 'import { m } from "./main.js";\n'}, "main.js: .*circle"),
        ({"main.js": 'import { a } from "./a.js";\n'}, "a.js: there is no such module"),
        ({"main.js": 'import a from "./a.js";\n'}, "main.js: import a"),
        ({"main.js": "export default 1;\n"}, "main.js: export default"),
        ({"main.js": "export let a = 1;\n"}, "main.js: export let"),
        ({"main.js": "export { a };\n"}, "main.js: export { a }"),
        ({}, "main.js: there is no such module"),
    ],
)
def test_what_it_does_not_know_is_named(modules: dict[str, str], named: str) -> None:
    with pytest.raises(NotJoined, match=named):
        joined(modules)


def test_every_module_of_the_console_is_in_its_script() -> None:
    modules = {path.name: path.read_text(encoding="utf-8") for path in (CONSOLE / "site").glob("*.js")}
    script = joined(modules)

    assert [name for name in modules if f"\n// {name}\n" not in script] == ["htm-preact.js"]


def test_the_vendored_file_is_the_published_one_and_its_licences_lie_beside_it() -> None:
    assert hashlib.sha256((CONSOLE / "site" / "htm-preact.js").read_bytes()).hexdigest() == PUBLISHED
    licences = {path.name: path.read_text(encoding="utf-8") for path in (CONSOLE / "licences").iterdir()}
    assert "Apache License" in licences["htm.txt"]
    assert "The MIT License (MIT)" in licences["preact.txt"]
    assert PUBLISHED in licences["README.md"]
