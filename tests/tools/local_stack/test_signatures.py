"""A signature is checked as the gateway checks it: of this request, this service, and not for long."""

from datetime import UTC, datetime, timedelta

import pytest

from local_stack.http_front.signatures import CALLERS, Sent, signer_of
from tests.tools.local_stack.served_front import REGION, Served, signature


def test_a_signed_request_is_handed_over_in_the_gateways_format(served: Served) -> None:
    path = "/iam/v1/sagas/execution_saga/a%2Fb%20c?order=deadlines&order=x&page_token=%3D"
    assert served.signed("GET", path) == (200, {})

    (event,) = served.invoked.events
    assert (event["version"], event["routeKey"]) == ("2.0", "GET /iam/v1/sagas/{name}/{key}")
    assert event["rawPath"] == "/iam/v1/sagas/execution_saga/a/b c"
    assert event["pathParameters"] == {"name": "execution_saga", "key": "a/b c"}
    assert event["queryStringParameters"] == {"order": "deadlines,x", "page_token": "="}
    context = event["requestContext"]
    assert context["authorizer"]["iam"]["userArn"] == CALLERS["operator"]
    assert (context["stage"], context["routeKey"]) == ("$default", event["routeKey"])
    assert "body" not in event


FORGED: dict[str, dict[str, str]] = {
    "another secret": {"secret": "guessed"},
    "a key that nobody has": {"key": "AKIAEXAMPLE"},
    "another service": {"service": "dynamodb"},
    "another region": {"region": "eu-west-1"},
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_signature_of_something_else_is_refused(served: Served, forgery: str) -> None:
    headers = signature(served.url, "GET", "/iam/v1/me", **FORGED[forgery])  # type: ignore[arg-type]  # keywords by name

    assert served.send("GET", "/iam/v1/me", b"", **headers)[0] == 403
    assert served.invoked.events == []


def test_a_signature_holds_for_one_request(served: Served) -> None:
    path = "/iam/v1/sagas/a/b/cancel"
    headers = signature(served.url, "POST", path, b'{"reason":"x"}')

    assert served.send("POST", path, b'{"reason":"x"}', **headers)[0] == 200
    for method, other, body in (
        ("POST", path, b'{"reason":"y"}'),
        ("POST", "/iam/v1/sagas/a/c/cancel", b'{"reason":"x"}'),
        ("POST", f"{path}?x=1", b'{"reason":"x"}'),
        ("GET", "/iam/v1/me", b""),
    ):
        assert served.send(method, other, body, **headers)[0] == 403
    unsigned = {name: value for name, value in headers.items() if name != "Authorization"}
    assert served.send("POST", path, b'{"reason":"x"}', **unsigned)[0] == 403
    hashed = {**headers, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    assert served.send("POST", path, b'{"reason":"z"}', **hashed)[0] == 403
    assert len(served.invoked.events) == 1


@pytest.mark.parametrize(("late", "taken"), [(-400, False), (-200, True), (0, True), (200, True), (400, False)])
def test_a_signature_grows_old(late: int, taken: bool) -> None:
    headers = {name.lower(): value for name, value in signature("http://h", "GET", "/iam/v1/me").items()}
    sent = Sent("GET", "/iam/v1/me", "", {**headers, "host": "h"}, b"")
    now = datetime.now(UTC) + timedelta(seconds=late)

    assert signer_of(sent, REGION, now) == ("operator" if taken else None)
    assert signer_of(Sent("GET", "/iam/v1/me", "", {**headers, "host": "h", "x-amz-date": "now"}, b""), REGION) is None


def test_a_route_without_a_signature_has_no_authorizer(served: Served) -> None:
    assert served.send("GET", "/open")[0] == 200
    assert "authorizer" not in served.invoked.events[0]["requestContext"]
