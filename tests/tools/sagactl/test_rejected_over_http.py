"""`sagactl rejected`, `acts` and `slots` over the HTTP API: by whoever signed, told in the words of the terminal."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from saga_testing.http_door import connect
from saga_testing.samples.rejected_events import come_again, item, mend, reject, unknown_version
from saga_testing.samples.sample_events import event
from tests.tools.sagactl.test_verbs_over_http import Counter

COMMANDS = ("rejected", "acts", "slots", "limits", "cancel", "republish")


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    counter = Counter()
    connect(counter.deployment, counter.deployment.aws.functions)
    for command in COMMANDS:
        monkeypatch.setattr(f"sagactl.commands.{command}.deployment", lambda _target: counter.stack)
    yield counter
    counter.front.close()


def listed(counter: Counter, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = counter.gets("rejected", "list", *words)["rejected"]
    return found


def test_what_was_rejected_is_listed_shown_and_grouped(counter: Counter) -> None:
    ids = [reject(counter.deployment, unknown_version(f"ex-{number}")) for number in range(3)]
    reject(counter.deployment, event("EXECUTION_STARTED", "bad id"))

    assert len(listed(counter)) == 4
    assert [each["id"] for each in listed(counter, "--execution", "ex-1")] == [ids[1]]
    limited = counter.gets("rejected", "list", "--limit", "2", "--reason", "unknown_event_version")
    assert (len(limited["rejected"]), limited["more"]) == (2, True)
    groups = counter.gets("rejected", "list", "--grouped")["groups"]
    assert [(group["reason"], group["count"]) for group in groups] == [("unknown_event_version", 3), ("malformed", 1)]
    shown = counter.gets("rejected", "show", ids[0])
    assert (shown["execution_id"], shown["state"], shown["acts"]) == ("ex-0", "open", [])
    page = counter.types("rejected", "list")
    assert ids[0] in page.stdout
    assert "--direct lists it too" in page.stderr


def test_a_redrive_and_a_drop_are_done_by_whoever_signed(counter: Counter) -> None:
    stack = counter.deployment
    good, bad, other = (reject(stack, unknown_version(f"ex-{number}")) for number in range(3))
    mend(stack, good, event("EXECUTION_REQUESTED", "ex-0"))

    outcome = counter.types("rejected", "redrive", good, bad, "--yes", "--output", "json")
    assert outcome.exit_code == 1
    results = {each["id"]: each["result"] for each in json.loads(outcome.stdout)}
    assert results == {good: "redriven", bad: "rejected again"}
    assert outcome.stderr.splitlines()[-1] == "sagactl: 1 of 2 are still on the list"
    saga = stack.saga("ex-0")
    assert saga is not None

    dropped = counter.gets("rejected", "drop", other, "--because", "nobody needs it", "--yes")
    assert [(each["id"], each["result"]) for each in dropped] == [(other, "dropped")]
    assert item(stack, other)["settled_by"]["S"] == "role/local-operator/operator"
    assert [each["id"] for each in listed(counter)] == [bad]
    acts = counter.gets("acts", "--all")["acts"]
    assert {(act["verb"], act["result"], act["verified"]) for act in acts} == {
        ("redrive", "", True),
        ("redrive", "redriven", True),
        ("redrive", "rejected again", True),
        ("drop", "dropped", True),
    }
    assert counter.gets("acts", "--limit", "2")["more"] is True


def test_what_came_again_after_the_look_is_left(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    one = reject(counter.deployment, unknown_version())
    monkeypatch.setattr(
        "sagactl.rejected.over_http.agreed", lambda *_asked, **_said: come_again(counter.deployment, one)
    )

    outcome = counter.types("rejected", "drop", one, "--because", "x", "--output", "json")

    assert outcome.exit_code == 1
    (told,) = json.loads(outcome.stdout)
    assert (told["result"], told["detail"].split(":")[0]) == ("failed", "changed")
    assert item(counter.deployment, one)["state"]["S"] == "open"


def test_each_refusal_says_what_to_do(counter: Counter) -> None:
    one = reject(counter.deployment, unknown_version())

    assert counter.told("rejected", "show", "0123456789ab")[0] == 1
    code, line = counter.told("rejected", "redrive", one)
    assert (code, line.endswith("nobody answered; nothing was done. --yes agrees")) == (2, True)
    assert counter.told("rejected", "redrive", one, "--as", "olga", "--yes")[0] == 2
    assert "choose one" in counter.told("rejected", "list", "--direct", "--api", counter.url)[1]
    assert "leave --reason" in counter.told("rejected", "list", "--grouped", "--reason", "x")[1]
    counter.key = "reader"
    assert counter.told("rejected", "drop", one, "--because", "x", "--yes")[0] == 2
    assert [each for each in counter.acts if "verb" in each] == []


def test_limits_are_shown_closed_overridden_and_opened(counter: Counter) -> None:
    stack = counter.deployment
    stack.deliver(event("EXECUTION_REQUESTED", "ex-1"))
    counter.key = "admin"

    (python,) = counter.gets("slots")["slots"]
    assert (python["language"], python["used"], python["limit"]) == ("python", 1, 100)
    closed = counter.gets("slots", "close", "python", "--reason", "an incident")
    assert (closed["override"]["limit"], closed["override"]["until"]) == (0, None)
    stack.check()
    assert counter.gets("slots", "--language", "python")["closed"] is True
    assert "until it is opened" in counter.types("slots").stdout
    assert counter.gets("slots", "open", "python")["override"] is None
    told = counter.gets("slots", "override", "all", "7", "--until", "2026-11-25T00:00:00Z", "--reason", "a rush")
    assert (told["language"], told["override"]["limit"]) == ("all", 7)
    assert counter.told("slots", "override", "python", "7", "--until", "x", "--reason", "y")[0] == 2
    code, line = counter.told("slots", "close", "python", "--reason", "y", "--if-match", told["etag"])
    assert (code, line.split(":")[0]) == (1, "changed")
    counter.key = "operator"
    assert counter.told("slots", "close", "python", "--reason", "x")[0] == 2
    assert sorted(act["verb"]["S"] for act in counter.acts) == ["close", "open", "override"]


def test_without_an_api_a_limit_goes_no_way(counter: Counter) -> None:
    del counter.outputs["ApiUrl"]

    assert counter.told("slots", "close", "python", "--reason", "x") == (
        2,
        "stack sagas has no HTTP API, and this goes no other way: deploy it with Api=iam",
    )


def test_a_cancel_is_done_by_whoever_signed(counter: Counter) -> None:
    counter.deployment.deliver(event("EXECUTION_REQUESTED", "ex-1"))

    told = counter.gets("cancel", "ex-1", "--reason", "runs wild", "--key", "k-1")

    assert (told["state"], told["replayed"], told["key"]) == ("cancelled", False, "k-1")
    (act,) = counter.acts
    assert (act["verb"]["S"], act["door"]["S"], act["reason"]["S"]) == ("cancel", "iam", "runs wild")
    assert counter.gets("cancel", "ex-1", "--reason", "runs wild", "--key", "k-1")["replayed"] is True
    code, line = counter.told("cancel", "ex-1")
    assert (code, line.split(":")[0]) == (1, "already_ended")
    assert counter.told("cancel", "nothing")[0] == 1
    assert counter.told("cancel", "../me")[0] == 2
    for words in (("--as", "olga"), ("--even-unknown",)):
        assert "--direct alone" in counter.told("cancel", "ex-1", *words)[1]
    assert len(counter.acts) == 1


def test_an_execution_is_republished_on_record(counter: Counter) -> None:
    counter.deployment.deliver(event("EXECUTION_REQUESTED", "ex-1"))

    told = counter.gets("republish", "ex-1")

    assert "execution_saga:ex-1:create_pod#1" in told["published"]
    assert "CREATE_POD_COMMAND" in counter.deployment.published_types()
    assert sorted(act.get("result", {}).get("S", "") for act in counter.acts) == ["", "republished"]
    assert counter.told("republish", "nothing")[0] == 1
    assert "--since and --direct alone" in counter.told("republish", "ex-1", "--as", "olga")[1]
