"""Items as the next release may write them: today's, with what today's code has never heard of."""

import copy
from typing import Any, Final

from tests.release.compatibility.corpus import ITEMS, SCHEMA, load, place
from tests.release.compatibility.deployment import Json


def newer_items() -> dict[str, tuple[str, Json]]:
    """By name: what is new in it, and the stored item."""
    return {
        "running_with_more_attributes": ("attributes of every kind", _with("running", **_ATTRIBUTES)),
        "stub_with_more_attributes": ("attributes in a stub", _with("stub_of_many", **_ATTRIBUTES)),
        "ended_with_more_attributes": ("attributes in an ended saga", _with("late_start", **_ATTRIBUTES)),
        "request_with_more_fields": ("fields of the request", _request_with_more()),
        "remembered_event_with_more_fields": ("fields of remembered events", _early_with_more()),
        "newer_definition": ("written under a later version of its definition", _with("started", dv={"N": "7"})),
        "message_of_a_newer_kind": ("a message that only newer code renders", _with_newer_message()),
    }


_ATTRIBUTES: Final[Json] = {
    "trace": {"S": "00-4bf9"},
    "weight": {"N": "12.5"},
    "digest": {"B": "c2FnYQ=="},
    "paused": {"BOOL": False},
    "nothing": {"NULL": True},
    "tags": {"SS": ["blue", "green"]},
    "gpu": {"M": {"kind": {"S": "a10"}, "count": {"N": "2"}}},
    "notes": {"L": [{"S": "first"}, {"N": "2"}]},
}


def _today(name: str) -> Json:
    item: Json = copy.deepcopy(load(place(ITEMS, SCHEMA, name))["item"])
    return item


def _with(name: str, **attributes: Any) -> Json:
    return _today(name) | attributes


def _request_with_more() -> Json:
    item = _today("running")
    item["req"]["M"] |= {"gpu": {"N": "1"}, "env": {"M": {"LANG": {"S": "C"}}}}
    return item


def _early_with_more() -> Json:
    item = _today("stub_of_many")
    for early in item["early"]["L"]:
        early["M"]["via"] = {"S": "bus"}
    return item


def _with_newer_message() -> Json:
    item = _today("running")
    for emitted in (item["outbox"], item["timeline"]["L"][-1]):
        emitted["S"] += " pause_pod#1"
    return item
