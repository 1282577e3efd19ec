"""Every operation once, and the routes to it: one through each door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from saga_orchestrator.api_bootstrap import ApiResources
from saga_orchestrator.domain.operating.acts import Door
from saga_orchestrator.domain.operating.authority import Deed
from saga_orchestrator.domain.operating.other_targets import REPUBLISH, EventDeed, LimitDeed

from . import acting, by_time, counting, operations, reading, republishing, settling, slots
from .callers import Caller
from .replies import Reply
from .requests import Request

Operation = Callable[[ApiResources, Request, Caller], Reply]

OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "GET me": reading.me,
        "GET executions/{execution_id}": reading.one_execution,
        "GET sagas": reading.sagas,
        "GET groups": counting.groups,
        "GET summary": counting.summary,
        "GET statistics": counting.statistics,
        "GET sagas/{name}/{key}": reading.one_saga,
        "GET sagas/{name}/{key}/acts": reading.acts,
        "GET operations": operations.newest,
        "POST operations": operations.prepare,
        "GET operations/{operation_id}": operations.one,
        "GET operations/{operation_id}/items": operations.items,
        "POST operations/{operation_id}/start": operations.start,
        "POST operations/{operation_id}/abort": operations.abort,
        **{f"POST sagas/{{name}}/{{key}}/{deed}": acting.performing(deed) for deed in Deed},
        f"POST sagas/{{name}}/{{key}}/{REPUBLISH}": republishing.republish,
        "GET rejected": by_time.rejected,
        "GET rejected/groups": by_time.rejected_groups,
        "GET rejected/{id}": by_time.one_rejected,
        **{f"POST rejected/{{id}}/{deed}": settling.settling(deed) for deed in EventDeed},
        "GET acts": by_time.acts,
        "GET slots": slots.slots,
        "GET slots/{language}": slots.one_language,
        **{f"POST slots/{{language}}/{deed}": slots.limiting(deed) for deed in LimitDeed},
    }
)
"""By method and path, without the door's prefix. template.yaml declares each of them once a door."""
FOR_OWNERS: Final = frozenset(
    {
        "GET me",
        "GET executions/{execution_id}",
        "GET sagas",
        "GET sagas/{name}/{key}",
        "GET statistics",
        "GET sagas/{name}/{key}/acts",
        *(f"POST sagas/{{name}}/{{key}}/{deed}" for deed in (*Deed, REPUBLISH)),
    }
)
"""Each of these judges by itself what of it is an owner's. Every other operation, also one that comes later, is not
for them.
"""
PREFIXES: Final[Mapping[Door, str]] = MappingProxyType({Door.IAM: "/iam/v1/", Door.JWT: "/v1/"})


@dataclass(frozen=True, slots=True)
class Route:
    door: Door
    operation: Operation
    for_owners: bool


def route_key(door: Door, operation: str) -> str:
    """As the gateway names it, such as `GET /iam/v1/me`."""
    method, _, path = operation.partition(" ")
    return f"{method} {PREFIXES[door]}{path}"


ROUTES: Final[Mapping[str, Route]] = MappingProxyType(
    {
        route_key(door, name): Route(door, operation, name in FOR_OWNERS)
        for door in PREFIXES
        for name, operation in OPERATIONS.items()
    }
)
"""By the route's key, which the gateway chose. What a path says is never read."""
