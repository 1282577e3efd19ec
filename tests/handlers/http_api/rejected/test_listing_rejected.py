"""What was rejected, over the door: in the order of time, in groups, and one by one; never a byte of it."""

import base64
import json
import random
from typing import Any

import pytest

from saga_orchestrator.application.counts import MAX_COUNTED
from saga_orchestrator.application.paging import MAX_KEYS_READ
from saga_testing.deployment import Deployment
from saga_testing.http_door import OPERATOR, READER, HttpDoor, Told
from saga_testing.lambda_context import Context
from saga_testing.samples.enveloped import as_headers, batch, cloudevent, record
from saga_testing.samples.rejected_events import change, item, reject, store, unknown_version
from saga_testing.samples.sample_events import event

Json = dict[str, Any]


def listed(door: HttpDoor, **query: str) -> Told:
    return door.get("rejected", READER, query=query)


def pages(door: HttpDoor, **query: str) -> list[list[Json]]:
    found, token = [], ""
    for _ in range(2000):
        told = listed(door, **query, **({"page_token": token} if token else {}))
        assert told.status == 200, told.body
        found.append(told.json["rejected"])
        token = told.json["next_page_token"]
        if not token:
            return found
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("size", [1, 7, 50, 100])
@pytest.mark.parametrize("spread", [1, 3, 40], ids=["one instant for all", "few instants", "many instants"])
def test_each_appears_once_and_in_order(stack: Deployment, door: HttpDoor, order: str, size: int, spread: int) -> None:
    rng = random.Random(size * spread)
    ids = store(stack, [(number, stack.now + rng.randrange(spread), "malformed") for number in range(40)])

    found = pages(door, order=order, page_size=str(size))

    assert all(len(page) <= size for page in found)
    shown = [each for page in found for each in page]
    assert sorted(each["id"] for each in shown) == sorted(ids)
    instants = [each["first_at"] for each in shown]
    assert instants == sorted(instants, reverse=order == "newest")


def test_what_stands_still_appears_once_while_others_come_and_go(stack: Deployment, door: HttpDoor) -> None:
    rng = random.Random(7)
    places = [(number, stack.now + rng.randrange(20), "malformed") for number in range(60)]
    ids = store(stack, places)
    still, moving = ids[:30], ids[30:]
    for order in ("newest", "oldest"):
        seen: list[str] = []
        token: str | None = None
        turn = 0
        while turn == 0 or token is not None:
            told = listed(door, order=order, page_size="4", **({"page_token": token} if token else {}))
            seen += [each["id"] for each in told.json["rejected"]]
            token = told.json["next_page_token"]
            for gone in moving[turn * 2 : turn * 2 + 2]:
                state = {"kind": {"S": "settled"}, "state": {"S": "dropped"}} if turn % 2 else {"copies": {"N": "2"}}
                change(stack, gone, **state)
            turn += 1
        assert sorted(each for each in seen if each in still) == sorted(still)
        ids = store(stack, places)


def test_a_page_reads_at_most_so_many_keys_whatever_is_filtered(
    stack: Deployment, door: HttpDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(stack, [(number, stack.now + number, "malformed" if number % 50 else "not_json") for number in range(700)])
    read = 0
    original = stack.aws.dynamodb.query

    def query(**request: Any) -> Any:
        nonlocal read
        answer = original(**request)
        read += len(answer["Items"])
        return answer

    monkeypatch.setattr(stack.aws.dynamodb, "query", query)
    for parts in ({"reason": "not_json"}, {"page_size": "100"}, {}):
        found, token = [], ""
        while token is not None:
            read = 0
            told = listed(door, **parts, **({"page_token": token} if token else {}))
            assert read <= MAX_KEYS_READ
            found += told.json["rejected"]
            token = told.json["next_page_token"]
        assert len(found) == (14 if "reason" in parts else 700)


def test_a_page_of_fifty_is_eight_queries(stack: Deployment, door: HttpDoor) -> None:
    store(stack, [(number, stack.now + number, "malformed") for number in range(120)])
    stack.wire.calls.clear()

    assert len(listed(door).json["rejected"]) == 50
    assert stack.wire.calls == ["query"] * 8


def test_a_filter_shows_those_and_no_others(stack: Deployment, door: HttpDoor) -> None:
    first = reject(stack, unknown_version("ex-1"))
    second = reject(stack, unknown_version("ex-2"), over="kafka")
    third = reject(stack, event("EXECUTION_STARTED", "bad id"))

    assert {each["id"] for each in listed(door).json["rejected"]} == {first, second, third}
    assert [each["id"] for each in listed(door, execution="ex-2").json["rejected"]] == [second]
    assert [each["id"] for each in listed(door, reason="malformed").json["rejected"]] == [third]
    assert listed(door, reason="malformed", execution="ex-2").json["rejected"] == []
    assert listed(door, reason="no_such_reason").json["next_page_token"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"reason": ""}, "bad_filter"),
        ({"reason": "Malformed"}, "bad_filter"),
        ({"execution": ""}, "bad_filter"),
        ({"execution": "a b"}, "bad_filter"),
        ({"order": ""}, "unknown_order"),
        ({"order": "deadlines"}, "unknown_order"),
        ({"page_size": "0"}, "bad_page_size"),
        ({"state": "dropped"}, "unknown_parameter"),
        ({"since": "2026-01-01T00:00:00Z"}, "unknown_parameter"),
    ],
)
def test_what_is_not_served_is_told_before_anything_is_read(
    stack: Deployment, door: HttpDoor, query: dict[str, str], code: str
) -> None:
    told = listed(door, **query)

    assert (told.status, told.code) == (400, code)
    assert stack.wire.calls == []


def token(content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


GOOD: Json = {
    "list": "rejected/newest",
    "at": "2026-01-01T00:00:00.000Z",
    "partition": "rejected#3",
    "key": ["rejected#0123456789ab", "event"],
}


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "!!!!",
        "ä",
        "A" * 9000,
        token("[]"),
        token({}),
        token({**GOOD, "list": "rejected/oldest"}),
        token({**GOOD, "list": "acts"}),
        token({**GOOD, "more": 1}),
        token({**GOOD, "at": 7}),
        token({**GOOD, "at": "2026-01-01"}),
        token({**GOOD, "at": "2026-01-01T00:00:00.000Z\n"}),
        token({**GOOD, "partition": "rejected#8"}),
        token({**GOOD, "partition": "act"}),
        token({**GOOD, "partition": ["rejected#3"]}),
        token({**GOOD, "key": []}),
        token({**GOOD, "key": ["act#x", "event"]}),
        token({**GOOD, "key": ["rejected#x", ""]}),
        token({**GOOD, "key": ["rejected#x", "\ud800"]}),
        token({**GOOD, "key": ["rejected#" + "x" * 500, "event"]}),
        token({**GOOD, "key": "rejected#"}),
    ],
)
def test_a_forged_token_is_refused_before_anything_is_read(stack: Deployment, door: HttpDoor, forged: str) -> None:
    told = listed(door, page_token=forged)

    assert (told.status, told.code) == (400, "bad_page_token")
    assert stack.wire.calls == []


def test_a_token_in_our_own_shape_is_only_a_place_in_the_list(stack: Deployment, door: HttpDoor) -> None:
    store(stack, [(number, stack.now + number, "malformed") for number in range(3)])

    assert listed(door, page_token=token({**GOOD, "at": "2100-01-01T00:00:00.000Z"})).json["rejected"]
    assert listed(door, page_token=token(GOOD)).json["rejected"] == []


def test_one_is_shown_with_why_where_and_whom_it_is_about(stack: Deployment, door: HttpDoor) -> None:
    one = reject(stack, event("EXECUTION_STARTED", "ex-1", event_id=7), over="kafka")
    told = door.get("rejected/{id}", READER, path={"id": one})

    assert told.status == 200
    found = told.json
    assert (found["reason"], found["field"], found["state"], found["copies"]) == ("malformed", "event_id", "open", 1)
    assert found["rule"] == "breaks its rule"
    assert (found["execution_id"], found["event_type"]) == ("ex-1", "EXECUTION_STARTED")
    assert found["position"]["partition"] == "topic-0"
    assert found["size"] == len(stack.aws.s3.objects("payloads")[item(stack, one)["key"]["S"]])
    assert item(stack, one)["key"]["S"].endswith(found["digest"])
    assert found["acts"] == []
    assert told.headers["etag"] == found["etag"]
    assert "headers" not in found["position"]


def test_a_header_is_what_somebody_wrote_and_not_shown(stack: Deployment, door: HttpDoor) -> None:
    sent = cloudevent(event("EXECUTION_REQUESTED", "ex-1", event_version="9.9"))
    headers = as_headers(sent)
    stack.function("EXECUTION_REQUESTED").run(batch(record(sent["data"], headers)), Context())
    (one,) = listed(door).json["rejected"]

    assert "headers" in json.loads(item(stack, one["id"])["position"]["S"])
    assert set(one["position"]) == {"cluster", "partition", "offset"}


@pytest.mark.parametrize("identifier", ["", "nothing", "0123456789ab", "../acts", "0123456789AB", "0123456789ab\n"])
def test_what_is_not_there_is_the_one_404(door: HttpDoor, identifier: str) -> None:
    told = door.get("rejected/{id}", OPERATOR, path={"id": identifier})

    assert (told.status, told.code) == (404, "not_found")


def test_groups_say_how_many_since_when_and_name_a_sample(stack: Deployment, door: HttpDoor) -> None:
    store(stack, [(number, stack.now + number, "malformed" if number < 5 else "not_json") for number in range(8)])
    told = door.get("rejected/groups", READER)

    assert (told.status, told.json["counted"], told.json["more"]) == (200, 8, False)
    first, second = told.json["groups"]
    assert (first["reason"], first["count"], second["reason"], second["count"]) == ("malformed", 5, "not_json", 3)
    assert (first["function"], first["event_type"]) == ("takes-started", "EXECUTION_STARTED")
    assert first["oldest"] < first["newest"] < second["oldest"]
    sample = door.get("rejected/{id}", READER, path={"id": second["sample"]}).json
    assert (sample["reason"], sample["first_at"]) == ("not_json", second["newest"])


def test_counting_stops_and_says_so(stack: Deployment, door: HttpDoor) -> None:
    store(stack, [(number, stack.now + number, "malformed") for number in range(MAX_COUNTED + 1)])
    told = door.get("rejected/groups", READER)
    assert (told.json["counted"], told.json["more"]) == (MAX_COUNTED, True)
    assert told.json["groups"][0]["count"] == MAX_COUNTED

    stack.aws.dynamodb.delete_item(
        TableName="operator", Key={"pk": {"S": f"rejected#{told.json['groups'][0]['sample']}"}, "sk": {"S": "event"}}
    )
    told = door.get("rejected/groups", READER)
    assert (told.json["counted"], told.json["more"]) == (MAX_COUNTED, False)


@pytest.mark.parametrize("template", ["rejected", "rejected/groups", "rejected/{id}", "acts"])
def test_a_table_that_does_not_answer_is_never_an_empty_list(
    stack: Deployment, door: HttpDoor, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_request: Any) -> Any:
        raise OSError

    for call in ("query", "get_item"):
        monkeypatch.setattr(stack.aws.dynamodb, call, gone)
    told = door.get(template, READER, path={"id": "0123456789ab"})

    assert (told.status, told.code) == (503, "unavailable")
