"""`sagactl local token`: a token for curl, of the stack that the ready file names."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local_stack.http_front.declared import TokenRule
from local_stack.http_front.tokens import TokenJudge
from local_stack.issuer.clients import TERMINAL
from local_stack.issuer.people import SCOPE
from local_stack.issuer.serving import Issuer
from sagactl.app import app


def test_it_prints_a_token_that_the_front_takes(issuer: Issuer, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text(json.dumps({"issuer": issuer.url}))

    done = CliRunner().invoke(app, ["local", "token", "admin", "--ready-file", str(ready)])

    assert done.exit_code == 0, done.output
    claims = TokenJudge().claims(done.stdout.strip(), TokenRule(issuer.url, (TERMINAL,), (SCOPE,)))
    assert claims["cognito:groups"] == ["admins"]
    unknown = CliRunner().invoke(app, ["local", "token", "eve", "--ready-file", str(ready)])
    assert (unknown.exit_code, "there are reader, operator" in unknown.output) == (2, True)


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"issuer": null}', '{"issuer": "http://127.0.0.1:9"}'])
def test_where_there_is_no_issuer_it_says_what_to_do(tmp_path: Path, content: str | None) -> None:
    ready = tmp_path / "ready.json"
    if content is not None:
        ready.write_text(content)

    done = CliRunner().invoke(app, ["local", "token", "admin", "--ready-file", str(ready)])

    assert done.exit_code == 2
    assert "local stack" in done.output or "sagactl local up" in done.output
