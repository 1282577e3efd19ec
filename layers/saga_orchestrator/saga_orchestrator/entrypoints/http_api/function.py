"""The function `api`: from the gateway's event to its answer. Nothing that is sent makes it raise."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from saga_orchestrator.api_bootstrap import ApiResources, api_resources
from saga_orchestrator.application.rejected_events import unexpected
from saga_orchestrator.domain.errors import CorruptSaga, RejectedEvent, RejectReason, RetryableError
from saga_orchestrator.domain.operating.acts import Role
from saga_orchestrator.domain.registry import SagaRegistry

from .doors import caller_of
from .problems import Problem, forbidden, store_refuses, unavailable, unknown
from .replies import Reply
from .requests import Request
from .routes import ROUTES

_REFUSALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def handle(event: Any, context: Any, sagas: SagaRegistry) -> dict[str, Any]:
    return HttpApi(api_resources(sagas)).run(event, context)


@dataclass(frozen=True, slots=True)
class HttpApi:
    api: ApiResources

    def run(self, event: Any, _context: Any) -> dict[str, Any]:
        telemetry = self.api.at.telemetry
        try:
            try:
                return self._answered(event).as_gateway_wants()
            except Problem as problem:
                self._count(event, problem)
                return Reply.of_problem(problem).as_gateway_wants()
        finally:
            telemetry.flush()

    def _answered(self, event: Any) -> Reply:
        try:
            return self._routed(event if isinstance(event, Mapping) else {})
        except Problem:
            raise
        except RetryableError as failed:
            self.api.at.telemetry.warn("the API could not answer", error=str(failed))
            raise unavailable("unavailable", "A store does not answer for now: ask again, the same.") from None
        except CorruptSaga as corrupt:
            self.api.at.telemetry.warn("the API met an unreadable saga", error=corrupt.detail)
            raise Problem(
                HTTPStatus.CONFLICT,
                "corrupt_saga",
                "The stored saga cannot be read: see `sagactl reconcile --dry-run`.",
            ) from None
        except RejectedEvent as refused:
            raise self._failed(refused) from None
        except Exception as bug:  # noqa: BLE001 - the boundary: the gateway would tell the caller nothing at all
            raise self._failed(unexpected(bug)) from None

    def _routed(self, event: Mapping[str, Any]) -> Reply:
        """Who comes first, and only by the door that the route belongs to. What is no route has no door: nobody stands
        before it, and nothing is behind it.
        """
        route = ROUTES.get(_route_of(event))
        if route is None:
            raise unknown()
        caller = caller_of(event, route.door, self.api.settings)
        if caller.role is Role.OWNER and not route.for_owners:
            raise forbidden()
        return route.operation(self.api, Request.of(event), caller)

    def _failed(self, failure: RejectedEvent) -> Problem:
        self.api.at.telemetry.warn("the API failed", reason=failure.reason, error=failure.detail)
        if failure.reason is RejectReason.REFUSED_BY_AWS:
            return store_refuses()
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", "Something went wrong here; the log says what.")

    def _count(self, event: Any, problem: Problem) -> None:
        """What people must see: those who are kept out, and what this side could not do."""
        telemetry = self.api.at.telemetry
        if problem.status in _REFUSALS:
            telemetry.count("ApiRefusals")
            telemetry.warn("the API refused", route=_known_route(event), code=problem.code)
        elif problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            telemetry.count("ApiFaults")


def _route_of(event: Mapping[str, Any]) -> str:
    route = event.get("routeKey")
    return route if isinstance(route, str) else ""


def _known_route(event: Any) -> str:
    """One of ours, and never a text that was sent."""
    route = _route_of(event) if isinstance(event, Mapping) else ""
    return route if route in ROUTES else "unknown"
