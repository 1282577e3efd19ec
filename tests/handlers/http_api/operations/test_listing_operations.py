"""Operations and their sagas are read in pages, and what is unknown is one answer."""

import pytest

from saga_testing.deployment import Deployment
from saga_testing.http_door import READER
from tests.handlers.http_api.operations.desk import UNKNOWN_ID, Desk
from tests.handlers.http_api.parked_sagas import store_parked


def test_they_are_listed_the_newest_first_in_pages(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 2)
    made = []
    for number in range(7):
        made.append(desk.prepared(key=f"p-{number}"))
        stack.advance(0 if number % 2 else 1)
    found: list[str] = []
    token: str | None = None
    while token is not None or not found:
        query = {"page_size": "3", **({"page_token": token} if token else {})}
        told = desk.door.get("operations", READER, query=query)
        found += [operation["id"] for operation in told.json["operations"]]
        token = told.json["next_page_token"]

    assert sorted(found) == sorted(made)
    moments = [desk.one(identity).json["prepared"]["at"] for identity in found]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("size", ["1", "2", "5"])
def test_each_is_listed_once_while_others_are_prepared_started_and_over(
    stack: Deployment, desk: Desk, size: str
) -> None:
    store_parked(stack, 2)
    made = []
    for number in range(8):
        made.append(desk.prepared(key=f"p-{number}", verb="note"))
        stack.advance(0 if number % 3 else 1)
    found: list[str] = []
    token: str | None = None
    turn = 0
    while token is not None or not turn:
        query = {"page_size": size, **({"page_token": token} if token else {})}
        told = desk.door.get("operations", READER, query=query)
        found += [operation["id"] for operation in told.json["operations"]]
        token = told.json["next_page_token"]
        desk.prepared(key=f"meanwhile-{turn}", verb="note")
        (desk.start if turn % 2 else desk.abort)(made[turn % 8], key=f"m-{turn}")
        desk.run()
        turn += 1

    assert sorted(each for each in found if each in made) == sorted(made)


@pytest.mark.parametrize("forged", ["", "x", "A" * 900, "e30", "eyJvcGVyYXRpb24iOiJ4IiwibmV4dCI6MX0"])
def test_a_forged_token_reads_nothing(stack: Deployment, desk: Desk, forged: str) -> None:
    store_parked(stack, 2)
    identity = desk.prepared()
    query = {"page_token": forged}

    assert desk.door.get("operations", READER, query=query).code == "bad_page_token"
    path = {"operation_id": identity}
    assert desk.door.get("operations/{operation_id}/items", READER, path=path, query=query).code == "bad_page_token"


def test_the_token_of_another_operation_is_none_of_this_one(stack: Deployment, desk: Desk) -> None:
    store_parked(stack, 6)
    one, other = desk.prepared(key="p-1"), desk.prepared(key="p-2")
    path = {"operation_id": one}
    told = desk.door.get("operations/{operation_id}/items", READER, path=path, query={"page_size": "2"})
    query = {"page_token": told.json["next_page_token"]}

    path = {"operation_id": other}
    assert desk.door.get("operations/{operation_id}/items", READER, path=path, query=query).code == "bad_page_token"


def test_what_is_unknown_is_one_404(desk: Desk) -> None:
    told = {
        desk.one(identity).body for identity in (UNKNOWN_ID, "", "x", "#counter", "act#x", "../..", UNKNOWN_ID.upper())
    }
    assert len(told) == 1
    assert desk.abort(UNKNOWN_ID).body in told
