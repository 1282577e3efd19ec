"""The functions of sagas with events of their own: `saga_event` for what the definitions name, `command_reply`."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from saga_orchestrator.application.apply_event import metric_of
from saga_orchestrator.bootstrap import Resources, resources
from saga_orchestrator.domain.decide import Decision, Rules
from saga_orchestrator.domain.errors import RejectedEvent, RejectReason, WrongEventType
from saga_orchestrator.domain.flow.signals import SagaSignal
from saga_orchestrator.domain.registry import REPLY, Role, Route, SagaRegistry
from saga_orchestrator.domain.saga import Saga, saga_id

from .decoding import is_another_version
from .envelopes.cloudevents import Terms
from .intake import Intake
from .kafka_batch import Work
from .read_ahead import Known, SagaKey
from .saga_decoding import decode_reply, decode_saga_event, key_field, key_of_event, key_of_reply

REPLIES: Final = Terms({}, lambda _event_type: None, lambda _event_type: False)
"""A reply's subject is the participant's matter: it names no saga."""


@functools.cache
def terms_of(sagas: SagaRegistry) -> Terms:
    """How saga events are read: made once, since every event is read by it."""
    routes = sagas.routes
    return Terms(
        {},
        lambda event_type: key_field(routes[event_type]) if event_type in routes else None,
        lambda event_type: event_type in routes and routes[event_type].role is Role.STARTS,
    )


def handle_events(event: Any, context: Any, sagas: SagaRegistry) -> dict[str, Any] | None:
    """What `saga_event` calls: apply `event`, of any type that a definition names, with this process's resources."""
    return SagaEventFunction(resources(sagas)).run(event, context)


def handle_replies(event: Any, context: Any, sagas: SagaRegistry) -> dict[str, Any] | None:
    """What `command_reply` calls: apply a participant's answer."""
    return CommandReplyFunction(resources(sagas)).run(event, context)


@dataclass(frozen=True, slots=True)
class SagaEventFunction(Intake):
    """Starts, reports about steps and cancels: which of them an event is stands in the registry's table."""

    @property
    def _type(self) -> str:
        return "saga_event"

    @property
    def _terms(self) -> Terms:
        return terms_of(self.at.sagas)

    def _is_operators(self, source: Any) -> bool:
        return bool(source == self.at.settings.operator_source)

    def _lane(self, fields: dict[str, Any]) -> str:
        route = self._route(fields)
        return key_of_event(fields, route) if route is not None else ""

    def _route(self, fields: Mapping[str, Any]) -> Route | None:
        named = fields.get("event_type")
        return self.at.sagas.routes.get(named.upper()) if isinstance(named, str) else None

    def _decide(self, fields: dict[str, Any], known: Known | None, *, by_operator: bool) -> Work:
        route = self._route(fields)
        if route is None:
            if self.at.settings.topic_layout == "shared":
                return partial(self.at.telemetry.count, "ForeignEvents")
            raise RejectedEvent(RejectReason.WRONG_EVENT_TYPE, "no saga of this deployment names such an event")
        if by_operator and route.role is Role.STARTS:
            raise RejectedEvent(RejectReason.FOREIGN_SOURCE, "a saga is started from EventSource alone")
        _check_version(fields)
        signal = decode_saga_event(fields, route, by_operator=by_operator)
        rules = _known(self.at.rules_of(route.definition.name))
        if route.definition is not rules.definition:
            # What an older version alone awaits makes no stub: no new saga could take it.
            return partial(_answer, self.at, signal, rules, None, None)
        # Most of its events begin sagas, so none is looked up.
        decided = None if known is None else self.at.writer.decide_ahead(signal, rules, None)
        return partial(_apply, self.at, signal, rules, decided)


@dataclass(frozen=True, slots=True)
class CommandReplyFunction(Intake):
    """Answers of participants: each names the message that it answers, and so its saga."""

    @property
    def _type(self) -> str:
        return REPLY

    @property
    def _terms(self) -> Terms:
        return REPLIES

    @property
    def _sources(self) -> frozenset[str]:
        return frozenset({self.at.settings.event_source, *self.at.settings.reply_sources})

    def _is_operators(self, _source: Any) -> bool:
        return False

    def _lane(self, fields: dict[str, Any]) -> str:
        return key_of_reply(fields)

    def _sagas_of(self, fields: dict[str, Any]) -> Iterable[SagaKey]:
        saga_name, key, _message = fields["in_reply_to"].split(":")
        return ((key, saga_name),) if self.at.rules_of(saga_name) is not None else ()

    def _decide(self, fields: dict[str, Any], known: Known | None, *, by_operator: bool) -> Work:  # noqa: ARG002 - operators answer for nobody
        named = fields.get("event_type")
        if not isinstance(named, str) or named.upper() != REPLY:
            if self.at.settings.topic_layout == "shared":
                return partial(self.at.telemetry.count, "ForeignEvents")
            raise WrongEventType(REPLY, "another event")
        _check_version(fields)
        saga_name, reply = decode_reply(fields)
        rules = self.at.rules_of(saga_name)
        if rules is None:
            raise RejectedEvent(RejectReason.NEVER_SENT, "no saga of this deployment has sent such a message")
        saga = None if known is None else known.get((reply.key, saga_name))
        decided = None if saga is None else self.at.writer.decide_ahead(reply, rules, saga)
        return partial(_answer, self.at, reply, rules, saga, decided)


def _check_version(fields: Mapping[str, Any]) -> None:
    if is_another_version(fields.get("event_version")):
        raise RejectedEvent(RejectReason.UNKNOWN_VERSION, "only event_version 1.0 is understood")


def _known(rules: Rules | None) -> Rules:
    if rules is None:
        msg = "the routing table leads to a definition that is not registered"
        raise TypeError(msg)
    return rules


def _apply(at: Resources, signal: SagaSignal, rules: Rules, decided: Decision | None) -> None:
    _tell(at, signal, rules, at.writer.apply(signal, rules, None, decided))


def _answer(at: Resources, signal: SagaSignal, rules: Rules, saga: Saga | None, decided: Decision | None) -> None:
    _tell(at, signal, rules, at.writer.answer(signal, rules, saga, decided))


def _tell(at: Resources, signal: SagaSignal, rules: Rules, decision: Decision) -> None:
    saga = decision.saga
    at.telemetry.count(metric_of(decision))
    at.telemetry.info(
        "event applied" if decision.changed else "event changes nothing",
        verdict=decision.verdict,
        event_type=signal.event_type,
        saga_id=saga_id(rules.definition.name, signal.key),
        execution_id=signal.key,
        correlation_id=signal.correlation_id,
        causation_id=signal.event_id,
        state=saga.state if saga else None,
        reason=saga.reason if saga else None,
        told=decision.told,
        messages=decision.messages,
    )
