"""The list of an owner's sagas is his alone, and operators may read any."""

from typing import Any

import pytest

from saga_testing.http_door import OPERATOR, HttpDoor
from saga_testing.samples.sample_orders import order_event
from tests.handlers.http_api.owners.house import ADA, House, mine, owned_by, person


def test_his_list_is_his_alone_and_the_newest_first() -> None:
    house = House()
    for number in range(7):
        house.stack.now += 1000 * (number % 3)
        house.stack.deliver(owned_by("ada", key=f"mine-{number}"))
        house.stack.deliver(owned_by("grace", key=f"hers-{number}"))
    house.stack.deliver(order_event("PLACED"))
    seen: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        told = mine(house, page_size="2", **({"page_token": token} if token else {}))
        assert told.status == 200, told.body
        seen += told.json["sagas"]
        token = told.json["next_page_token"]
        if token is None:
            break

    assert sorted(each["execution_id"] for each in seen) == sorted(["own", "o-1", *(f"mine-{n}" for n in range(7))])
    assert [each["created_at"] for each in seen] == sorted((each["created_at"] for each in seen), reverse=True)
    assert all("owner" not in each for each in seen)


def test_a_page_token_is_its_owners(house: House) -> None:
    for key in ("mine-a", "mine-b"):
        house.stack.deliver(owned_by("ada", key=key))
    token = str(mine(house, page_size="1").json["next_page_token"])

    assert mine(house, page_token=token).status == 200
    assert mine(house, person("grace"), page_token=token).code == "bad_page_token"
    deadlines = house.door.get("sagas", OPERATOR, query={"order": "deadlines", "page_token": token})
    assert deadlines.code == "bad_page_token"


@pytest.mark.parametrize("query", [{}, {"order": "deadlines"}, {"order": "parked"}, {"order": "ended"}, {"order": "x"}])
def test_he_has_no_other_list(house: House, query: dict[str, str]) -> None:
    calls = list(house.stack.wire.calls)
    told = house.door.get("sagas", ADA, query=query)

    assert (told.status, told.json["detail"]) == (400, "Served is order=owner.")
    assert house.stack.wire.calls == calls
    assert mine(house, owner="grace").code == "unknown_parameter"


def test_an_operator_lists_any_owners(house: House) -> None:
    told = mine(house, OPERATOR, owner="grace")

    assert {each["execution_id"] for each in told.json["sagas"]} == {"another", "acted"}
    assert "corrupt" in {each["execution_id"] for each in mine(house, OPERATOR, owner="ada").json["sagas"]}
    assert mine(house, OPERATOR).code == mine(house, OPERATOR, owner="").code == "owner_needed"
    assert mine(house, OPERATOR, owner="x" * 129).code == "owner_needed"
    assert house.door.get("sagas", OPERATOR, query={"order": "ended", "owner": "ada"}).code == "unknown_parameter"


@pytest.mark.parametrize("owner", ["", "a" * 129, "\ud800", "ada\udfff"], ids=["none", "129", "half", "end"])
def test_an_operator_names_an_owner_that_can_be(house: House, owner: str) -> None:
    told = house.door.get("sagas", OPERATOR, query={"order": "owner", "owner": owner})

    assert (told.status, told.code) == (400, "owner_needed")


def test_where_there_is_no_index_there_is_no_such_list(house: House) -> None:
    without = HttpDoor(house.stack.at, owner_claim="user")

    assert without.get("sagas", ADA, query={"order": "owner"}).code == "unknown_order"
    assert "OwnerIndex" in without.get("sagas", ADA, query={"order": "owner"}).json["detail"]
    assert without.get("sagas", OPERATOR, query={"order": "owner", "owner": "ada"}).code == "unknown_order"


def test_an_id_that_is_another_owners_by_now_is_not_listed() -> None:
    """The index lags behind the table."""
    house = House()
    lists = house.door.api.lists.of_owner("ada")
    found = lists.sagas([("own", "execution_saga"), ("another", "execution_saga")])

    assert [key for key, _ in found] == ["own"]
