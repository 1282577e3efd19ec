"""What is taken of which language, and by whom."""

from typing import Any

import pytest

from saga_testing.deployment import Deployment
from saga_testing.http_door import READER, HttpDoor
from saga_testing.samples.sample_events import event
from tests.handlers.http_api.slots.limits_desk import head, one, run


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


def page_of(door: HttpDoor, size: str, token: str | None) -> tuple[list[str], str | None]:
    """Its languages, and the token of the next one."""
    told = door.get("slots", READER, query={"page_size": size, **({"page_token": token} if token else {})})
    return [each["language"] for each in told.json["slots"]], told.json["next_page_token"]


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
        page, token = page_of(door, size, token)
        assert len(page) * 64 <= 500
        seen += page

    assert seen == languages


@pytest.mark.parametrize("size", ["1", "4"])
def test_each_appears_once_while_slots_are_taken_and_languages_come(stack: Deployment, size: str) -> None:
    door = HttpDoor(stack.at)
    languages = [f"language-{number:02}" for number in range(9)]
    for language in languages:
        run(stack, f"ex-{language}", language=language)
    seen: list[str] = []
    token: str | None = ""
    for turn in range(40):
        page, token = page_of(door, size, token)
        seen += page
        if token is None:
            break
        run(stack, f"new-{turn}", language=f"language-{turn % 9:02}-b")
        run(stack, f"more-{turn}", language=languages[turn % 9])
        stack.deliver(event("EXECUTION_COMPLETED", f"ex-{languages[-1 - turn % 9]}"))

    assert token is None
    assert [each for each in seen if each in languages] == languages


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
