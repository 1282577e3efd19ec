"""What the function `console` answers: its own files by their names, and nothing else whatever is asked for."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from saga_orchestrator.entrypoints.console_files.files import files_in
from saga_orchestrator.entrypoints.console_files.function import Console, handle
from saga_orchestrator.entrypoints.console_files.settings import ConsoleSettings, InvalidConsole

ROOT = Path(__file__).parents[4]
SITE = ROOT / "functions" / "console" / "site"
SETTINGS = ConsoleSettings("https://login.example/authorize?audience=x", "https://login.example/token", "client-1")
CONSOLE = Console(files_in(SITE), SETTINGS)


def asked(route: str, file: Any = None, **headers: str) -> dict[str, Any]:
    parameters = {} if file is None else {"pathParameters": {"file": file}}
    return CONSOLE.answer({"routeKey": route, "headers": headers, **parameters})


def one(name: str) -> str:
    """The only file that begins so."""
    (found,) = [each for each in CONSOLE.files if each.startswith(name)]
    return found


def test_the_index_names_files_that_are_there_and_is_asked_for_each_time() -> None:
    told = asked("GET /console/")

    assert (told["statusCode"], told["headers"]["cache-control"]) == (200, "no-cache")
    assert told["headers"]["content-type"] == "text/html; charset=utf-8"
    for name in set(CONSOLE.files) - {"index.html"}:
        assert f'"./{name}"' in told["body"], name
    assert asked("GET /console/{file}", "index.html")["body"] == told["body"]


def test_other_files_are_kept_for_ever_because_their_names_change(tmp_path: Path) -> None:
    told = asked("GET /console/{file}", one("main."))

    assert told["headers"]["cache-control"] == "public, max-age=31536000, immutable"
    assert told["headers"]["content-type"] == "text/javascript; charset=utf-8"
    for path in SITE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert files_in(tmp_path).keys() == CONSOLE.files.keys()
    (tmp_path / "style.css").write_text("p { margin: 0; }", encoding="utf-8")
    assert files_in(tmp_path).keys() & CONSOLE.files.keys() == {"index.html"}


@pytest.mark.parametrize(
    ("route", "file"),
    [
        ("GET /console/{file}", "../v1/sagas"),
        ("GET /console/{file}", "../handler.py"),
        ("GET /console/{file}", "/etc/passwd"),
        ("GET /console/{file}", "main.js"),
        ("GET /console/{file}", "words.js"),
        ("GET /console/{file}", "INDEX.HTML"),
        ("GET /console/{file}", ""),
        ("GET /console/{file}", None),
        ("GET /console/{file}", 7),
        ("GET /console/{file}", "site"),
        ("GET /iam/v1/me", "index.html"),
        ("GET /v1/me", None),
        ("$default", "index.html"),
        ("", None),
    ],
)
def test_what_is_no_file_of_its_own_is_not_there(route: str, file: Any) -> None:
    told = asked(route, file)

    assert (told["statusCode"], told["body"]) == (404, "There is no such file.\n")
    assert told["headers"]["cache-control"] == "no-store"
    assert told["headers"]["content-security-policy"].startswith("default-src 'none'; ")


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "x",
        {},
        {"routeKey": ["GET /console/"]},
        {"routeKey": "GET /console/{file}", "pathParameters": ["index.html"]},
        {"routeKey": "GET /console/", "headers": "x"},
        {"routeKey": "GET /console/", "headers": {"accept-encoding": 7, "if-none-match": None}},
        {"rawPath": "/console/", "routeKey": None},
    ],
)
def test_nothing_that_is_sent_makes_it_raise(event: Any) -> None:
    assert handle(event, SITE)["statusCode"] in {200, 404}


def test_headers_say_that_nothing_but_its_own_scripts_run() -> None:
    for told in (
        asked("GET /console/"),
        asked("GET /console/{file}", one("style.")),
        asked("GET /console/{file}", "config.json"),
        asked("GET /console/", None, **{"if-none-match": CONSOLE.files["index.html"].tag}),
        asked("GET /console/{file}", "no"),
    ):
        headers = told["headers"]
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self' https://login.example; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"


def test_what_the_browser_has_is_not_sent_again() -> None:
    for route, name in (("GET /console/", "index.html"), ("GET /console/{file}", one("main."))):
        tag = CONSOLE.files[name].tag
        known = asked(route, name, **{"If-None-Match": f'"other", {tag}'})
        assert (known["statusCode"], known["headers"]["etag"], "body" in known) == (304, tag, False)
        assert asked(route, name, **{"if-none-match": '"other"'})["statusCode"] == 200


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("xgzip", False),
        ("identity", False),
        ("", False),
    ],
)
def test_it_is_sent_zipped_to_whoever_takes_that(accepted: str, zipped: bool) -> None:
    told = asked("GET /console/{file}", one("main."), **{"accept-encoding": accepted})

    assert told["headers"]["vary"] == "accept-encoding"
    assert (told["headers"].get("content-encoding") == "gzip") is told.get("isBase64Encoded", False) is zipped
    body = gzip.decompress(base64.b64decode(told["body"])) if zipped else told["body"].encode()
    assert body == CONSOLE.files[one("main.")].content


def test_the_configuration_is_what_the_stack_says_and_is_public() -> None:
    told = asked("GET /console/{file}", "config.json")

    assert told["headers"]["content-type"] == "application/json"
    assert told["headers"]["cache-control"] == "no-cache"
    assert json.loads(told["body"]) == {
        "authorize_url": "https://login.example/authorize?audience=x",
        "token_url": "https://login.example/token",
        "client_id": "client-1",
        "scopes": "openid",
    }


@pytest.mark.parametrize(
    ("token_url", "connects_to"),
    [
        ("", "connect-src 'self';"),
        ("https://login.example:8443/a?b=c", "connect-src 'self' https://login.example:8443;"),
        ("http://127.0.0.1:4011/token", "connect-src 'self' http://127.0.0.1:4011;"),
    ],
)
def test_a_browser_speaks_to_whoever_gives_tokens_and_to_no_other(token_url: str, connects_to: str) -> None:
    settings = ConsoleSettings.from_environment({"CONSOLE_TOKEN_URL": token_url})

    assert connects_to in Console({}, settings).headers()["content-security-policy"]


@pytest.mark.parametrize("name", ["CONSOLE_TOKEN_URL", "CONSOLE_AUTHORIZE_URL"])
@pytest.mark.parametrize(
    "value", ["login.other", "https://a b", "https://x'y", "https://a@b/", "https://a;b", "javascript:1", "https:///x"]
)
def test_what_is_no_address_enters_no_header(name: str, value: str) -> None:
    with pytest.raises(InvalidConsole, match=name) as wrong:
        ConsoleSettings.from_environment({name: value})
    assert value not in str(wrong.value)


def test_all_of_it_together_is_small() -> None:
    assert sum(len(file.zipped) for file in CONSOLE.files.values()) < 60_000
