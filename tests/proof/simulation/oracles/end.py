"""Oracles over a world at rest: faults have ended long ago, and everything must have come out right."""

import json
from typing import Any

from saga_orchestrator.adapters.saga_codec import decode
from saga_orchestrator.domain.errors import CorruptSaga
from saga_orchestrator.domain.policy import Without
from saga_orchestrator.domain.render import render
from saga_testing.deployment import settings_of
from sagas.execution import EXECUTION_SAGA
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.ledger import Ledger
from tests.proof.simulation.world.saga_image import SagaImage
from tests.proof.simulation.world.scenario import REQUESTED
from tests.proof.simulation.world.worker import Worker


@oracle("L1", When.END, "no saga is left running once the checker could run")
def no_orphan(ledger: Ledger, _worker: Worker) -> str | None:
    left = [saga.key for saga in ledger.sagas.values() if saga.state == "running"]
    return f"still running: {left}" if left else None


@oracle("L4d", When.END, "what was set aside is overwritten by nothing: its bytes are still where its pointer says")
def kept_for_good(ledger: Ledger, _worker: Worker) -> str | None:
    if not ledger.kept:
        return UNCONCERNED
    for (place, content), kept in ledger.kept.items():
        for key, _ in kept:
            if ledger.payloads.get(key) != content:
                return f"{key} of {place} holds other bytes by now"
    return None


@oracle("L4e", When.END, "the same record again is one rejected event, and two records are two")
def one_for_each_record(ledger: Ledger, _worker: Worker) -> str | None:
    if not ledger.kept:
        return UNCONCERNED
    owners: dict[str, tuple[str, bytes]] = {}
    for record, kept in ledger.kept.items():
        if len(kept) > 1:
            return f"{record[0]} is kept as {sorted(kept)}"
        for name in next(iter(kept)):
            if owners.setdefault(name, record) != record:
                return f"{record[0]} and {owners[name][0]} are both kept as {name}"
    return None


@oracle("L2", When.END, "every message of every saga was published on every target, if need be by an operator")
def outbox_drained(ledger: Ledger, _worker: Worker) -> str | None:
    for message in ledger.emitted:
        # A create whose record was lost to age is rightly not sent again once its saga has ended or started.
        if ledger.is_owed(message) and message not in ledger.lost_keys:
            return f"{message} never reached every target"
    return None


@oracle("L3", When.END, "no pod is alive, no counter is above zero, no execution ran twice")
def participants_converge(ledger: Ledger, worker: Worker) -> str | None:
    # A pod that somebody falsely reported as completed is nobody's to delete: a completed run needs no delete.
    alive = [key for key in worker.alive if key not in ledger.sagas or ledger.sagas[key].state != "completed"]
    if alive and not ledger.after_expiry:
        return f"pods still alive: {sorted(alive)}"
    held = {key: count for key, count in ledger.counters.items() if count}
    if held:
        return f"claims still held: {held}"
    twice = [key for key, runs in worker.runs.items() if runs > 1]
    return f"ran twice: {twice}" if twice else None


@oracle(
    "S7b",
    When.END,
    "the newest limits are in force, overrides that stand before settings, and all caps are what they allow",
)
def limits_settle(ledger: Ledger, _worker: Worker) -> str | None:
    if not (ledger.plan.later_settings or ledger.overrides.any) or ledger.after_expiry:
        return UNCONCERNED
    policy = settings_of(tuple(ledger.plan.all_settings[-1].items())).policy()
    for language, found in ledger.limits.items():
        wanted = policy.limit_of(language)
        if wanted is Without.UNLIMITED:
            continue  # nothing is claimed, so its counter limits nobody
        limits = (
            {0}
            if wanted is Without.CLOSED
            else ledger.overrides.right_limits(language, wanted, *ledger.overrides.checked)
        )
        promised = ledger.promised()[language]
        # A slot that was given back over its shard's cap is promised to nobody until a request asks for it.
        less = promised < found and language not in ledger.given_back
        if found not in limits or language not in ledger.settled or promised > found or less:
            return f"{language} may use {promised}, its counter says {found}, and the limit is one of {sorted(limits)}"
    return None


@oracle("S14b", When.END, "an event that was set aside for its content is in no saga")
def rejected_leaves_no_trace(ledger: Ledger, _worker: Worker) -> str | None:
    rejected = {
        (inbound.execution_id, inbound.event_id)
        for number, inbound in ledger.sent.items()
        if number in ledger.rejected and (inbound.must_reject or "conflicting_request" in ledger.rejected[number])
    }
    for saga in ledger.sagas.values():
        for entry in saga.timeline:
            if (saga.key, entry.event_id) in rejected:
                return f"{saga.key} applied {entry.event_id}, which was set aside"
    return None


@oracle("S14c", When.END, "of requests with different content one takes effect, and all others are set aside")
def one_content(ledger: Ledger, _worker: Worker) -> str | None:
    taken: dict[str, int] = {}
    for number, inbound in ledger.sent.items():
        if inbound.type != REQUESTED or inbound.must_reject or number in ledger.rejected:
            continue
        if taken.setdefault(inbound.execution_id, inbound.content) != inbound.content:
            return f"{inbound.event_id} of {inbound.execution_id} was neither applied nor set aside"
    return None


@oracle("S21", When.END, "a message rendered again from the stored saga has the bytes that were published")
def renders_the_same(ledger: Ledger, _worker: Worker) -> str | None:
    for saga in ledger.sagas.values():
        try:
            stored = decode(saga.image)
        except CorruptSaga as corrupt:
            return f"{saga.key} cannot be read: {corrupt.detail}"
        for key in saga.keys:
            if key.partition("#")[0] in ledger.versions.newer_kinds:
                continue  # only newer code can: S22c
            message = render(stored, key, EXECUTION_SAGA)
            published = ledger.bodies.get(message.id)
            rendered = ledger.versions.comparable(message.encode())
            if published is not None and _without_script(json.loads(published)) != json.loads(rendered):
                return f"{message.id} renders differently now"
    return None


def _without_script(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "script"}


@oracle("S18c", When.END, "without faults each message is published exactly once on each target")
def calm_publishes_once(ledger: Ledger, _worker: Worker) -> str | None:
    if not ledger.plan.calm or ledger.after_expiry:
        return UNCONCERNED
    counts = {message: [taken[message] for taken in ledger.publications.values()] for message in ledger.emitted}
    wrong = {message: found for message, found in counts.items() if set(found) != {1}}
    return f"not published exactly once: {wrong}" if wrong else None


@oracle("C1", When.END, "without faults each execution ends for the one reason that is right")
def calm_outcome(ledger: Ledger, worker: Worker) -> str | None:
    if not ledger.plan.calm or ledger.after_expiry:
        return UNCONCERNED
    limited = ledger.plan.settings["DEFAULT_LANGUAGE_LIMIT"] != "0"
    for execution in ledger.plan.executions:
        saga = ledger.sagas.get(execution.id)
        if execution.request.must_reject:
            if saga is not None and not saga.is_stub:
                return f"{execution.id} was set aside and has a saga"
            continue
        wrong = _wrong_outcome(saga, execution.expects, limited=limited)
        if wrong is not None:
            return f"{execution.id} expects {execution.expects}: {wrong}"
        if saga is not None and saga.emitted("create_pod") and worker.runs.get(execution.id) != 1:
            return f"{execution.id} ran {worker.runs.get(execution.id, 0)} times"
    return None


def _wrong_outcome(saga: SagaImage | None, expects: str, *, limited: bool) -> str | None:
    if saga is None:
        return "there is no saga"
    reason = saga.text("reason")
    if reason == expects or (reason == "limit_reached" and limited):
        return None
    return f"it ended as {saga.state} for {reason}"


@oracle("C2", When.END, "without faults a limit refuses only when it is reached")
def calm_limit(ledger: Ledger, _worker: Worker) -> str | None:
    if not ledger.plan.calm or ledger.after_expiry:
        return UNCONCERNED
    limit = int(ledger.plan.settings["DEFAULT_LANGUAGE_LIMIT"])
    refused = [saga for saga in ledger.sagas.values() if saga.text("reason") == "limit_reached"]
    for saga in refused:
        language = saga.image["req"]["M"]["lang"]["S"]
        ran = sum(
            1
            for other in ledger.sagas.values()
            if other.emitted("create_pod") and other.image["req"]["M"]["lang"]["S"] == language
        )
        if ran < limit:
            return f"{saga.key} was refused for want of room, with {ran} of {limit} taken"
    return None
