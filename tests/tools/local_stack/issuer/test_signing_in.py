"""Signing in on loopback: the code flow with everything that a client may get wrong, or somebody may try."""

import base64
import http.client
import json
import re
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from local_stack.issuer.clients import CONSOLE
from local_stack.issuer.codes import SingleUse
from local_stack.issuer.people import PEOPLE, SCOPE
from local_stack.issuer.serving import Issuer
from local_stack.issuer.without_browser import SignInFailed, access_token
from tests.tools.local_stack.issuer.conftest import FRONT

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED = {
    "response_type": "code",
    "client_id": CONSOLE,
    "redirect_uri": f"{FRONT}/console/",
    "scope": f"openid {SCOPE}",
    "state": "s-1",
    "nonce": "n-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
Reply = tuple[int, dict[str, str], str]


def send(issuer: Issuer, method: str, path: str, form: Any = None, **headers: str) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(issuer.url).netloc, timeout=20)
    body = form if isinstance(form, str) or form is None else urlencode(form)
    connection.request(method, path, body, {"content-type": "application/x-www-form-urlencoded", **headers})
    reply = connection.getresponse()
    found = reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read().decode()
    connection.close()
    return found


def authorize(issuer: Issuer, **more: str | None) -> Reply:
    asked = {name: value for name, value in {**ASKED, **more}.items() if value is not None}
    return send(issuer, "GET", f"/authorize?{urlencode(asked)}")


def code_of(issuer: Issuer, person: str = "operator", **more: str) -> str:
    page = authorize(issuer, **more)[2]
    (request,) = re.findall(r'name="request" value="([^"]+)"', page)
    _, headers, _ = send(issuer, "POST", "/sign-in", {"request": request, "person": person})
    place = urlsplit(headers["location"])
    parts = parse_qs(place.query)
    assert f"{place.scheme}://{place.netloc}{place.path}" == ASKED["redirect_uri"]
    assert (parts["state"], parts["iss"]) == (["s-1"], [issuer.url])
    return parts["code"][0]


def grant(issuer: Issuer, code: str, *, origin: str = FRONT, **more: str | None) -> Reply:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": CONSOLE,
        "redirect_uri": ASKED["redirect_uri"],
        "code_verifier": VERIFIER,
        **more,
    }
    sent = {name: value for name, value in form.items() if value is not None}
    return send(issuer, "POST", "/token", sent, Origin=origin)


@pytest.mark.parametrize("person", PEOPLE)
def test_whoever_signs_in_gets_tokens_of_himself(issuer: Issuer, person: str) -> None:
    status, headers, body = grant(issuer, code_of(issuer, person))

    told = json.loads(body)
    keys = json.loads(send(issuer, "GET", "/.well-known/jwks.json")[2])
    access, identity = (
        jwt.decode(told[name], KeySet.import_key_set(keys)).claims for name in ("access_token", "id_token")
    )
    assert (status, headers["cache-control"], told["token_type"]) == (200, "no-store", "Bearer")
    assert (access["username"], access["scope"], access["client_id"]) == (person, f"openid {SCOPE}", CONSOLE)
    assert access.get("cognito:groups", []) == list(PEOPLE[person].groups)
    assert access["exp"] - access["iat"] == told["expires_in"] == 3600
    assert (identity["aud"], identity["nonce"], "scope" in identity) == (CONSOLE, "n-1", False)


def test_it_says_where_everything_is(issuer: Issuer) -> None:
    told = json.loads(send(issuer, "GET", "/.well-known/openid-configuration")[2])

    assert told["issuer"] == issuer.url
    assert told["code_challenge_methods_supported"] == ["S256"]
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        assert told[name].startswith(f"{issuer.url}/")
    (key,) = json.loads(send(issuer, "GET", urlsplit(told["jwks_uri"]).path)[2])["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}, "no private part"
    assert send(issuer, "GET", "/else")[0] == send(issuer, "POST", "/authorize", {})[0] == 404


def test_the_page_has_a_button_for_each_and_runs_nothing(issuer: Issuer) -> None:
    status, headers, page = authorize(issuer)

    assert status == 200
    assert all(f'<button name="person" value="{name}">' in page for name in PEOPLE)
    assert "script" not in page
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "stranger"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": f"{FRONT}/console"},
        {"redirect_uri": f"{FRONT}/console/x"},
        {"redirect_uri": f"{FRONT}/console/?x=1"},
        {"redirect_uri": f"{FRONT}0/console/"},
        {"redirect_uri": f"{FRONT}@evil.example/console/"},
        {"redirect_uri": "https://evil.example/console/"},
        {"redirect_uri": "http://127.0.0.1/signed-in"},
    ],
    ids=str,
)
def test_nobody_is_sent_to_an_address_that_is_not_the_clients(issuer: Issuer, more: dict[str, str | None]) -> None:
    status, headers, page = authorize(issuer, **more)

    assert (status, "location" in headers, "<button" in page) == (400, False, False)


def test_a_parameter_that_comes_twice_is_refused(issuer: Issuer) -> None:
    assert send(issuer, "GET", f"/authorize?{urlencode(ASKED)}&redirect_uri=x")[0] == 400
    assert send(issuer, "POST", "/token", "grant_type=authorization_code&code=a&code=b")[0] == 400


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
    ],
)
def test_a_client_that_asks_wrongly_is_told_at_its_address(
    issuer: Issuer, more: dict[str, str | None], error: str
) -> None:
    status, headers, _ = authorize(issuer, **more)

    assert (status, headers["location"].partition("?")[0]) == (303, ASKED["redirect_uri"])
    assert parse_qs(urlsplit(headers["location"]).query)["error"] == [error]


@pytest.mark.parametrize(
    "more",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"code_verifier": CHALLENGE},
        {"code_verifier": "v" * 42},
        {"client_id": "saga-terminal"},
        {"client_id": None},
        {"redirect_uri": f"{FRONT}/"},
        {"redirect_uri": None},
        {"grant_type": "refresh_token"},
        {"grant_type": "client_credentials"},
        {"grant_type": "password"},
    ],
    ids=str,
)
def test_a_code_is_its_clients_alone(issuer: Issuer, more: dict[str, str | None]) -> None:
    code = code_of(issuer)

    assert grant(issuer, code, **more)[0] == 400  # type: ignore[arg-type]  # none of them is origin
    if "grant_type" not in more:
        assert json.loads(grant(issuer, code)[2]) == {"error": "invalid_grant"}, "and a wrong try has used it"


def test_a_code_and_a_page_are_good_once(issuer: Issuer) -> None:
    code = code_of(issuer)
    page = authorize(issuer)[2]
    (request,) = re.findall(r'name="request" value="([^"]+)"', page)

    assert [grant(issuer, code)[0] for _ in range(2)] == [200, 400]
    chosen = {"request": request, "person": "reader"}
    assert [send(issuer, "POST", "/sign-in", chosen)[0] for _ in range(2)] == [303, 400]
    for wrong in (
        {"request": "x", "person": "reader"},
        {"person": "reader"},
        {},
        {"request": request, "person": "eve"},
    ):
        assert send(issuer, "POST", "/sign-in", wrong)[0] == 400


def test_what_is_handed_out_grows_old() -> None:
    now = [0.0]
    given: SingleUse[str] = SingleUse(60, lambda: now[0])
    early, late = given.give("a"), given.give("b")

    now[0] = 59.9
    assert given.take(early) == "a"
    assert given.take(early) is None
    now[0] = 60.0
    assert given.take(late) is None
    assert early != late


def test_only_the_consoles_page_may_ask_for_tokens(issuer: Issuer) -> None:
    _, headers, _ = grant(issuer, code_of(issuer))
    assert headers["access-control-allow-origin"] == FRONT
    for origin in ("https://evil.example", "null", f"{FRONT}0", issuer.url):
        assert "access-control-allow-origin" not in grant(issuer, code_of(issuer), origin=origin)[1]
        assert send(issuer, "OPTIONS", "/token", Origin=origin)[0] == 403
    status, allowed, _ = send(issuer, "OPTIONS", "/token", Origin=FRONT)
    assert (status, allowed["access-control-allow-origin"]) == (204, FRONT)
    assert allowed["access-control-allow-methods"] == "POST"


def test_a_body_that_is_too_large_is_not_read(issuer: Issuer) -> None:
    assert send(issuer, "POST", "/token", "x" * 16_385)[0] == 413


def test_whoever_has_no_browser_signs_in_too(issuer: Issuer) -> None:
    token = access_token(issuer.url, "ada")
    keys = KeySet.import_key_set(issuer.signing.public_keys())  # type: ignore[arg-type]  # a set of keys as JSON

    assert jwt.decode(token, keys).claims["username"] == "ada"
    with pytest.raises(SignInFailed, match="nobody is called eve"):
        access_token(issuer.url, "eve")
    with pytest.raises(SignInFailed, match="no issuer"):
        access_token("http://127.0.0.1:9", "ada")
