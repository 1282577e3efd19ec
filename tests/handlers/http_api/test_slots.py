"""Limits over the door: what is taken of which, by whom, and what stands in the place of a setting until it expires."""

import json
from typing import Any

import pytest

from saga_orchestrator.adapters.counters.counter_items import counter_key, directory_key
from saga_orchestrator.domain.instants import rfc3339
from saga_testing.deployment import EXECUTIONS_AND_ORDERS, Deployment
from saga_testing.faults import Fault, possible_at
from saga_testing.http_door import ADMIN, OPERATOR, READER, HttpDoor, Told
from saga_testing.samples.sample_events import event
from saga_testing.telemetry import RecordingTelemetry
from saga_testing.wire import Wire

Json = dict[str, Any]

HOUR = 3_600_000


def run(stack: Deployment, *executions: str, **fields: Any) -> None:
    for execution_id in executions:
        stack.deliver(event("EXECUTION_REQUESTED", execution_id, **fields))


def head(stack: Deployment, language: str = "python") -> Json:
    found: Json = stack.aws.dynamodb.get_item(TableName="sagas", Key=counter_key(language, 0))["Item"]
    return found


def one(door: HttpDoor, language: str = "python") -> Json:
    told = door.get("slots/{language}", READER, path={"language": language})
    assert told.status == 200, told.body
    return told.json


def over_all(door: HttpDoor) -> Json:
    found: Json = door.get("slots", READER).json["all"]
    return found


def limiting(door: HttpDoor, verb: str, language: str = "python", who: str = ADMIN, **parts: Any) -> Told:
    """With the ETag as it is, unless another one is given."""
    if "if_match" not in parts:
        parts["if_match"] = (over_all(door) if language == "all" else one(door, language))["etag"]
    body = parts.pop("body", None)
    return door.posted(
        f"slots/{{language}}/{verb}", who, path={"language": language}, body=json.dumps(body or {}), **parts
    )


def until(stack: Deployment, millis: int = HOUR) -> str:
    return rfc3339(stack.now + millis)


def override(stack: Deployment, door: HttpDoor, limit: int, language: str = "python", **parts: Any) -> Told:
    body = {"limit": limit, "until": until(stack), "reason": "a rush"}
    return limiting(door, "override", language, **{"body": body, **parts})


def acts(stack: Deployment) -> list[str]:
    return [each["verb"]["S"] for each in stack.aws.dynamodb.scan(TableName="operator")["Items"]]


def state(stack: Deployment, execution_id: str) -> tuple[str, str | None]:
    saga = stack.saga(execution_id)
    assert saga is not None
    return str(saga.state), saga.reason


def test_what_is_taken_of_what(stack: Deployment, door: HttpDoor) -> None:
    stack.reconfigure(LANGUAGE_LIMITS='{"python": 2, "go": "unlimited"}', COUNTER_SHARDS="2")
    door = HttpDoor(stack.at)
    run(stack, "ex-1", "ex-2", "ex-3")
    run(stack, "ex-4", language="ruby")
    run(stack, "ex-5", language="go")

    told = door.get("slots", READER)

    assert told.status == 200
    python, ruby = told.json["slots"]
    assert (python["language"], python["used"], python["limit"], python["setting"], python["full"]) == (
        *("python", 2, 2, 2),
        True,
    )
    assert (python["closed"], python["settled"], python["override"]) == (False, True, None)
    assert sum(shard["used"] for shard in python["shards"]) == 2
    assert (ruby["language"], ruby["used"], ruby["limit"], ruby["full"]) == ("ruby", 1, 100, False)
    assert told.json["all"] == {"override": None, "etag": '"v0-0"'}


def test_who_holds_them(stack: Deployment, door: HttpDoor) -> None:
    for number in range(5):
        detail = event("EXECUTION_REQUESTED", f"ex-{number}")
        detail["metadata"] = {**detail["metadata"], "user_id": "ada" if number else "bob"}
        stack.deliver(detail)
    run(stack, "other", language="ruby")
    stack.deliver(event("EXECUTION_COMPLETED", "ex-4"))

    found = one(door)

    assert [(each["owner"], each["count"]) for each in found["holders"]] == [("ada", 3), ("bob", 1)]
    assert found["holders"][1]["sample"] == "ex-0"
    assert (found["counted"], found["more"], found["used"]) == (4, False, 4)


@pytest.mark.parametrize("size", ["1", "3", "100"])
def test_each_language_appears_once_and_no_page_reads_too_much(stack: Deployment, door: HttpDoor, size: str) -> None:
    stack.reconfigure(COUNTER_SHARDS="64")
    door = HttpDoor(stack.at)
    languages = [f"language-{number:02}" for number in range(20)]
    for language in languages:
        run(stack, f"ex-{language}", language=language)
    seen: list[str] = []
    token: str | None = ""
    while token is not None:
        told = door.get("slots", READER, query={"page_size": size, **({"page_token": token} if token else {})})
        page = [each["language"] for each in told.json["slots"]]
        assert len(page) * 64 <= 500
        seen += page
        token = told.json["next_page_token"]

    assert seen == languages


@pytest.mark.parametrize("token", ["", "x", "!!!", "c2xvdHM", "c2xvdHMgLi4", "A" * 200, "ä"])
def test_a_forged_token_is_refused(door: HttpDoor, token: str) -> None:
    told = door.get("slots", READER, query={"page_token": token})

    assert (told.status, told.code) == (400, "bad_page_token")


def test_a_counter_that_cannot_be_read_hides_no_other(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    run(stack, "ex-2", language="ruby")
    stack.aws.dynamodb.put_item(TableName="sagas", Item={**head(stack), "limit": {"S": "many"}})

    python, ruby = door.get("slots", READER).json["slots"]

    assert ("unreadable" in python, python["language"], ruby["used"]) == (True, "python", 1)


def test_an_override_is_in_force_at_the_next_check_and_gives_back_the_setting(stack: Deployment) -> None:
    stack.reconfigure(DEFAULT_LANGUAGE_LIMIT="1", COUNTER_SHARDS="2")
    door = HttpDoor(stack.at)
    run(stack, "ex-1")
    before = head(stack)

    told = override(stack, door, 3, body={"limit": 3, "until": until(stack, 10_000), "reason": "a rush"})

    assert (told.status, told.json["replayed"], told.json["effective"]) == (200, False, "at the next check")
    assert {**head(stack), "override": None, "ov": None} == {**before, "override": None, "ov": None}
    run(stack, "too-early")
    assert state(stack, "too-early") == ("failed", "limit_reached")
    stack.check()
    assert (one(door)["limit"], one(door)["settled"]) == (3, True)
    run(stack, "ex-2", "ex-3", "ex-4")
    assert [state(stack, f"ex-{number}")[0] for number in (2, 3, 4)] == ["running", "running", "failed"]

    stack.advance(11)
    assert one(door)["override"]["stands"] is False
    stack.check()
    assert (one(door)["limit"], one(door)["used"]) == (1, 3)
    run(stack, "ex-5")
    assert state(stack, "ex-5")[0] == "failed"


def test_a_closed_language_takes_no_new_work_and_what_runs_goes_on(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1", "ex-2", "ex-3")
    told = limiting(door, "close", body={"reason": "a bad image"})
    assert (told.status, told.json["override"]["until"], told.json["override"]["by"]) == (
        *(200, None),
        "user/root-of-sagas",
    )
    stack.check()

    run(stack, "ex-4")
    assert state(stack, "ex-4") == ("failed", "language_closed")
    assert one(door)["closed"] is True
    stack.deliver(event("EXECUTION_STARTED", "ex-1"))
    stack.deliver(event("EXECUTION_COMPLETED", "ex-1"))
    stack.deliver(event("EXECUTION_FAILED", "ex-2"))
    assert [state(stack, f"ex-{number}")[0] for number in (1, 2, 3)] == ["completed", "failed", "running"]
    assert one(door)["used"] == 1

    assert limiting(door, "open", idempotency_key="k-2").json["override"] is None
    stack.check()
    run(stack, "ex-5")
    assert state(stack, "ex-5")[0] == "running"
    assert sorted(acts(stack)) == ["close", "open"]


def test_all_is_every_language_and_the_later_word_counts(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    run(stack, "ex-2", language="ruby")
    override(stack, door, 7)
    stack.advance(1)
    assert limiting(door, "close", "all", body={"reason": "an incident"}).json["language"] == "all"
    stack.check()
    assert [each["limit"] for each in door.get("slots").json["slots"]] == [0, 0]

    stack.advance(1)
    override(stack, door, 5, idempotency_key="k-2")
    stack.check()
    assert [each["limit"] for each in door.get("slots").json["slots"]] == [5, 0]

    assert limiting(door, "open", "all", idempotency_key="k-2").status == 200
    stack.check()
    assert [each["limit"] for each in door.get("slots").json["slots"]] == [5, 100]


def test_an_idle_check_costs_what_it_did(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    stack.check()
    stack.wire.calls.clear()
    stack.check()
    before = list(stack.wire.calls)
    override(stack, door, 7)
    stack.check()
    stack.wire.calls.clear()
    stack.check()

    assert stack.wire.calls == before


@pytest.mark.parametrize(
    ("verb", "who", "parts", "status", "code"),
    [
        *((verb, OPERATOR, {"body": {"x": 1}}, 403, "forbidden") for verb in ("close", "open", "override")),
        *((verb, READER, {}, 403, "forbidden") for verb in ("close", "open", "override")),
        ("close", ADMIN, {}, 400, "malformed"),
        ("close", ADMIN, {"body": {"reason": "x", "limit": 3}}, 400, "bad_body"),
        ("open", ADMIN, {"body": {"until": "x"}}, 400, "bad_body"),
        ("open", ADMIN, {}, 409, "no_override"),
        ("override", ADMIN, {"body": {"reason": "x"}}, 400, "malformed"),
        ("override", ADMIN, {"body": {"reason": "x", "limit": 3}}, 400, "malformed"),
        *(
            ("override", ADMIN, {"body": {"reason": "x", "limit": limit, "until": "2026-11-24T07:00:00Z"}}, 400, code)
            for limit, code in ((0, "malformed"), (-1, "malformed"), (10**7, "malformed"), ("3", "bad_body"))
        ),
        *(
            ("override", ADMIN, {"body": {"reason": "x", "limit": 3, "until": moment}}, 400, "malformed")
            for moment in ("x", "", "2026-11-24T05:00:00Z", "2026-11-24", "9999-12-31T00:00:00Z", "2026-11-24T07:00:00")
        ),
        ("close", ADMIN, {"body": {"reason": "x"}, "if_match": None}, 428, "if_match_needed"),
        ("close", ADMIN, {"body": {"reason": "x"}, "if_match": '"v1-100"'}, 412, "changed"),
        ("close", ADMIN, {"body": {"reason": "x"}, "if_match": '"v0-99"'}, 412, "changed"),
        ("close", ADMIN, {"body": {"reason": "x"}, "idempotency_key": None}, 400, "idempotency_key_needed"),
    ],
)
def test_whoever_is_refused_leaves_nothing_behind(
    stack: Deployment, door: HttpDoor, verb: str, who: str, parts: Json, status: int, code: str
) -> None:
    run(stack, "ex-1")
    before = head(stack)

    told = limiting(door, verb, who=who, **parts)

    assert (told.status, told.code) == (status, code), told.body
    assert (head(stack), acts(stack)) == (before, [])


@pytest.mark.parametrize("language", ["cobol", "", "Python", "#counter#python#0", "../x", "python\n"])
def test_a_language_that_was_never_limited_is_the_one_404(stack: Deployment, door: HttpDoor, language: str) -> None:
    run(stack, "ex-1")
    told = limiting(door, "close", language, body={"reason": "x"}, if_match='"v0-100"')

    assert (told.status, told.code) == (404, "not_found")
    assert acts(stack) == []


@pytest.mark.parametrize(("word", "code"), [("unlimited", "unlimited"), ("closed", "closed_by_setting")])
def test_what_no_override_could_bring_about_is_said(stack: Deployment, door: HttpDoor, word: str, code: str) -> None:
    run(stack, "ex-1")
    stack.reconfigure(LANGUAGE_LIMITS=f'{{"python": "{word}"}}')
    door = HttpDoor(stack.at)
    for verb in ("close", "override"):
        body = {"reason": "x", **({"limit": 3, "until": until(stack)} if verb == "override" else {})}
        assert limiting(door, verb, body=body).code == code
    assert acts(stack) == []


def test_a_key_means_one_thing_and_the_same_again_is_told_as_it_is(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    tag, body = one(door)["etag"], {"limit": 3, "until": until(stack), "reason": "x"}
    assert limiting(door, "override", body=body, if_match=tag).json["replayed"] is False
    again = limiting(door, "override", body=body, if_match=tag)
    assert (again.status, again.json["replayed"], again.json["override"]["limit"]) == (200, True, 3)
    assert limiting(door, "override", body={**body, "limit": 4}, if_match=tag).code == "key_reused"
    assert limiting(door, "close", body={"reason": "x"}, if_match=tag).code == "key_reused"
    assert limiting(door, "close", body={"reason": "x"}, if_match=tag, idempotency_key="k-2").code == "changed"
    stack.advance(7200)
    assert limiting(door, "override", body=body, if_match=tag).json["replayed"] is True
    assert acts(stack) == ["override"]


def test_whatever_stands_there_and_cannot_be_read_stops_no_claim(stack: Deployment, door: HttpDoor) -> None:
    run(stack, "ex-1")
    odd: Json
    for odd in ({"S": "x"}, {"M": {}}, {"M": {"limit": {"S": "x"}, "at": {"N": "1"}}}):
        stack.aws.dynamodb.put_item(TableName="sagas", Item={**head(stack), "override": odd, "ov": {"N": "4"}})
        stack.check()
        assert (one(door)["override"], one(door)["limit"]) == (None, 100)
    run(stack, "ex-2")
    assert state(stack, "ex-2")[0] == "running"


def test_a_release_before_overrides_passes_over_them_and_destroys_none(stack: Deployment, door: HttpDoor) -> None:
    """It sets what it knows of a head, and adds to the directory."""
    run(stack, "ex-1")
    override(stack, door, 7)
    limiting(door, "close", "all", body={"reason": "x"})
    stack.aws.dynamodb.update_item(
        TableName="sagas",
        Key=counter_key("python", 0),
        UpdateExpression="SET #limit = :l, gen = gen + :one, shards = :s, span = :s, unsettled = :t",
        ExpressionAttributeNames={"#limit": "limit"},
        ExpressionAttributeValues={
            ":l": {"N": "100"},
            ":one": {"N": "1"},
            ":s": {"N": "8"},
            ":t": {"BOOL": True},
        },
    )
    run(stack, "ex-2", language="ruby")

    assert one(door)["override"]["limit"] == 7
    directory = stack.aws.dynamodb.get_item(TableName="sagas", Key=directory_key())["Item"]
    assert set(directory["languages"]["SS"]) == {"python", "ruby"}
    assert over_all(door)["override"]["limit"] == 0


@pytest.mark.parametrize("template", ["slots", "slots/{language}"])
def test_a_table_that_does_not_answer_is_no_number(
    stack: Deployment, door: HttpDoor, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(stack, "ex-1")

    def gone(**_request: Any) -> Any:
        raise OSError

    for call in ("query", "get_item", "batch_get_item"):
        monkeypatch.setattr(stack.aws.dynamodb, call, gone)
    told = door.get(template, READER, path={"language": "python"})

    assert (told.status, told.code) == (503, "unavailable")


def test_whichever_call_fails_the_same_key_does_what_is_left() -> None:
    operations = ["get_item", "get_item", "transact_write_items"]  # counter, act, and both in one transaction
    assert _played(None, None) == operations
    for place, operation in enumerate(operations):
        for fault in possible_at(operation):
            if fault not in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}:
                _played(place, fault)


def _played(place: int | None, fault: Fault | None) -> list[str]:
    """The calls that the first request made."""
    wire = Wire()
    stack = Deployment(sagas=EXECUTIONS_AND_ORDERS, telemetry=RecordingTelemetry(), wire=wire)
    door = HttpDoor(stack.at)
    run(stack, "ex-1")
    tag, body = one(door)["etag"], {"reason": "x"}
    wire.calls.clear()
    if place is not None and fault is not None:
        wire.plan[place] = fault
    first = limiting(door, "close", body=body, if_match=tag)
    wire.plan.clear()
    calls = list(wire.calls)
    second = limiting(door, "close", body=body, if_match=tag)

    said = (place, fault, first.body, second.body)
    assert first.status in {200, 503}, said
    assert (second.status, second.json["override"]["limit"]) == (200, 0), said
    assert (acts(stack), head(stack)["ov"]) == (["close"], {"N": "1"}), said
    return calls
