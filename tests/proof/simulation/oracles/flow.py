"""Oracles over what flows: published messages, acknowledged events, rejected pointers, invocations."""

import json
from typing import Any, Final

from saga_testing.aws.dynamodb.client import StreamRecord
from tests.proof.simulation.faults.code_versions import TARGET_OF
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world import call_budget
from tests.proof.simulation.world.lambda_service import (
    API,
    CHECKER,
    FUNCTION_OF,
    OF_WAITING,
    RELAYS,
    RUNNER,
    Invocation,
)
from tests.proof.simulation.world.ledger import Ledger, may_cancel
from tests.proof.simulation.world.saga_image import COMMANDS, RESERVED, UNDONE, SagaImage
from tests.proof.simulation.world.scenario import (
    CANARY,
    CANCELLED,
    CAUSE_OF,
    OPERATOR_SOURCE,
    REQUESTED,
    STARTED,
    Inbound,
)

MOST_DELETES: Final = 3
EXECUTION: Final = "execution_saga"


@oracle("S4b", When.PUBLISHED, "one message id always has the same bytes, and an execution at most one create id")
def same_bytes(ledger: Ledger, body: dict[str, Any], detail: str) -> str | None:
    known = ledger.bodies.setdefault(body["message_id"], detail)
    if known != detail:
        return f"{body['message_id']} was published with other bytes"
    if body["message_type"] == "CREATE_POD_COMMAND":
        first = ledger.creates.setdefault(body["execution_id"], body["message_id"])
        if first != body["message_id"]:
            return f"{body['execution_id']} has a second create"
    return None


@oracle("S5", When.PUBLISHED, "what is published was first in a committed outbox")
def no_ghost(ledger: Ledger, body: dict[str, Any], _detail: str) -> str | None:
    if body["message_id"] not in ledger.emitted:
        return f"{body['message_id']} was published and never committed"
    return None


@oracle("S6b", When.PUBLISHED, "no message is offered to a target before those that its saga emitted earlier")
def in_order(ledger: Ledger, body: dict[str, Any], _detail: str) -> str | None:
    saga = ledger.sagas.get(body["execution_id"])
    prefix, _, key = body["message_id"].rpartition(":")
    if (
        ledger.plan.hushed
        or body["saga_name"] != EXECUTION
        or saga is None
        or saga.key in ledger.lost_sagas
        or key not in saga.keys
        or ledger.after_expiry
    ):
        return UNCONCERNED
    for target, places in ledger.offered.items():
        if (target, body["message_id"]) in ledger.wished:
            continue
        own = places.get(body["message_id"])
        before = [f"{prefix}:{each}" for each in saga.keys[: saga.keys.index(key)]]
        # What could not be made is kept aside, and goes whenever its script is back: it keeps nothing waiting.
        offered = [places.get(each) for each in before if (target, each) not in ledger.unmade]
        made = (target, body["message_id"]) not in ledger.unmade
        if made and own is not None and any(place is None or place > own for place in offered):
            return f"{body['message_id']} was offered to the {target} before one that was emitted earlier"
    return None


@oracle("S5d", When.PUBLISHED, "an operator's wish sends a create only while its saga waits for the start")
def nothing_begins_twice(ledger: Ledger, body: dict[str, Any], _detail: str) -> str | None:
    sender = ledger.offerer.get(body["message_id"])
    if sender is None or not sender.asked_again or body["message_type"] != "CREATE_POD_COMMAND":
        return UNCONCERNED
    begun = ledger.begun.get(body["execution_id"], sender.started)
    return None if begun >= sender.started else f"{body['message_id']} was sent again, and its saga waits no longer"


@oracle("S5b", When.PUBLISHED, "a create names a script that is there, of the size it says")
def script_is_there(ledger: Ledger, body: dict[str, Any], _detail: str) -> str | None:
    if body["message_type"] != "CREATE_POD_COMMAND" or body["script_ref"]["bucket"] != "payloads":
        return UNCONCERNED
    script = ledger.payloads.get(body["script_ref"]["key"])
    if script is None and body["execution_id"] in ledger.gone_scripts:
        return UNCONCERNED
    if script is None or len(script) != body["script_ref"]["size"]:
        return f"{body['message_id']} names a script that is not there"
    if body.get("script", script.decode()) != script.decode():
        return f"{body['message_id']} carries another script"
    return None


@oracle("S15b", When.PUBLISHED, "once sagas have expired nothing that happens to them starts a pod")
def nothing_after_expiry(ledger: Ledger, body: dict[str, Any], _detail: str) -> str | None:
    if ledger.after_expiry and body["message_type"] == "CREATE_POD_COMMAND":
        return f"{body['message_id']} was published after its saga had expired"
    return None


@oracle("S16b", When.PUBLISHED, "messages carry no users' data, a script that is to travel inline apart")
def no_secret_published(ledger: Ledger, body: dict[str, Any], detail: str) -> str | None:
    if CANARY not in detail:
        return UNCONCERNED
    rest = {name: value for name, value in body.items() if name != "script"}
    if CANARY in json.dumps(rest) or body["message_type"] != "CREATE_POD_COMMAND":
        return f"{body['message_id']} carries users' data"
    return None


@oracle("S6", When.RELAYED, "a relay acknowledges a record only when each of its messages is on its target or rejected")
def no_zombie(ledger: Ledger, record: StreamRecord, target: str, hushed: bool = False) -> str | None:
    new, old = record.new_image, record.old_image or {}
    if new is None or record.keys["saga_name"]["S"].startswith(RESERVED):
        return UNCONCERNED
    before = old["outbox"]["S"].split() if "outbox" in old else []
    owed = [key for key in (new["outbox"]["S"].split() if "outbox" in new else []) if key not in before]
    for key in owed:
        message = f"{new['saga_name']['S']}:{new['execution_id']['S']}:{key}"
        if hushed and key.partition("#")[0] in COMMANDS:
            ledger.hold_back(target, message)
            continue
        if message not in ledger.publications[target] and (target, message) not in ledger.rejected_messages:
            return f"{message} was acknowledged and is not on the {target}"
    return None


@oracle("S11", When.ACKNOWLEDGED, "an acknowledged event is reflected in its saga, or was set aside")
def fidelity(ledger: Ledger, inbound: Inbound) -> str | None:
    if inbound.ignored or inbound.number in ledger.rejected or ledger.after_expiry or inbound.type not in CAUSE_OF:
        return UNCONCERNED
    return unreflected(ledger, inbound)


def unreflected(ledger: Ledger, inbound: Inbound) -> str | None:  # noqa: PLR0911 - a case for each kind of event
    """What of an event that was taken is not in its saga."""
    if inbound.must_reject:
        return f"{inbound.event_id} was to be set aside and was not"
    saga = ledger.sagas.get(inbound.execution_id)
    if saga is None:
        return f"{inbound.event_id} was acknowledged and left nothing"
    if inbound.type == REQUESTED:
        return f"{inbound.event_id} was acknowledged and {saga.key} is a stub" if saga.is_stub else None
    if inbound.type == CANCELLED and not _counts(inbound, saga.owner, stub=saga.is_stub):
        return UNCONCERNED
    if saga.is_stub and inbound.type == CANCELLED:
        known = [early for cause, early in saga.remembered() if cause == "X"]
        if any("ok" in early or ("by" in early and early["by"]["S"] == inbound.actor) for early in known):
            return None
        return f"{inbound.event_id} was acknowledged and the stub does not know who cancelled"
    cause = CAUSE_OF[inbound.type]
    if inbound.type == STARTED or saga.is_stub:
        if ledger.plan.hushed and saga.is_terminal:
            return UNCONCERNED  # there may be nothing to tell a worker
        if cause in saga.causes() or (inbound.type == STARTED and saga.state == "completed"):
            return None
        return f"{inbound.event_id} was acknowledged and {saga.key} does not know of it"
    return None if saga.is_terminal else f"{inbound.event_id} was acknowledged and {saga.key} is {saga.state}"


def _counts(inbound: Inbound, owner: str | None, *, stub: bool) -> bool:
    return stub or inbound.source == OPERATOR_SOURCE or may_cancel(inbound.actor, owner)


@oracle("S11b", When.ACKNOWLEDGED, "a pod that starts after its saga ended other than completed is deleted again")
def late_start(ledger: Ledger, inbound: Inbound) -> str | None:
    saga = ledger.sagas.get(inbound.execution_id)
    if inbound.type != STARTED or inbound.ignored or inbound.number in ledger.rejected or ledger.after_expiry:
        return UNCONCERNED
    if saga is None or saga.state not in UNDONE or saga.emitted("delete_pod") > MOST_DELETES or ledger.plan.hushed:
        return UNCONCERNED
    return None if "S" in saga.causes() else f"{saga.key} let a late pod live"


@oracle("L4", When.REJECTED, "an event is set aside only for a reason that is right for it")
def right_reason(ledger: Ledger, inbound: Inbound | None, pointer: dict[str, Any]) -> str | None:
    if pointer["source"] == "deadline":
        return _unreadable(ledger, pointer)
    if pointer["source"] == "stream":
        return _unpublishable(ledger, pointer)
    if inbound is None:
        return f"a pointer names an unknown place: {pointer['position']}"
    if inbound.ignored:
        return f"{inbound.event_id} was set aside instead of ignored: {pointer['reason']}"
    if pointer["reason"] not in ledger.may_be_set_aside_for(inbound):
        return f"{inbound.event_id} was set aside as {pointer['reason']}: {pointer['detail']}"
    return None


def _unpublishable(ledger: Ledger, pointer: dict[str, Any]) -> str | None:
    """Only what the target refuses for good, what cannot be made any more, and what nobody can read for now."""
    message = pointer["position"]["record"].partition("/")[2]
    told = (TARGET_OF[pointer["function"]], message)
    if pointer["reason"] == "corrupt_saga" and not message:
        key = ledger.saga_of(pointer)
        return None if key in {*ledger.broken, *ledger.mended} else f"a record of {key} was set aside as unreadable"
    if pointer["reason"] == "unpublishable_message" and (told in ledger.refused or told in ledger.unmade):
        return None
    return f"the relay set {pointer['position']} aside: {pointer['reason']}: {pointer['detail']}"


def _unreadable(ledger: Ledger, pointer: dict[str, Any]) -> str | None:
    """The checker sets a saga aside only when nobody can read it."""
    key, by = pointer["position"]["execution_id"], ledger.rejecter
    right = pointer["reason"] == "corrupt_saga" and by is not None and ledger.was_unreadable(key, by.started)
    return None if right else f"the checker set {key} aside: {pointer['reason']}: {pointer['detail']}"


@oracle("L4c", When.REJECTED, "what was set aside lies in the bucket when its pointer is queued, byte for byte")
def kept_as_delivered(ledger: Ledger, inbound: Inbound | None, pointer: dict[str, Any]) -> str | None:
    kept = ledger.payloads.get(pointer["key"])
    if inbound is None:
        return None if kept else f"a pointer names {pointer['key']}, where nothing is"
    record = ledger.record_of(pointer)
    return None if record and kept == record[1] else f"{inbound.event_id} was kept as {(kept or b'')[:60]!r}"


@oracle("S11c", When.REJECTED, "an event that starts or ends something counts whatever its other fields hold")
def side_fields_cost_nothing(_ledger: Ledger, inbound: Inbound | None, pointer: dict[str, Any]) -> str | None:
    if inbound is None:
        return UNCONCERNED
    if not inbound.unusable or pointer["reason"] not in {"malformed", "refused_by_aws", "unexpected_error"}:
        return None
    return f"{inbound.event_id} was set aside for fields that decide nothing: {pointer['detail']}"


@oracle("S16c", When.REJECTED, "a pointer on the queue carries no users' data")
def no_secret_rejected(_ledger: Ledger, _inbound: Inbound | None, pointer: dict[str, Any]) -> str | None:
    return "a pointer carries users' data" if CANARY in json.dumps(pointer) else None


@oracle("S18", When.RETURNED, "each call of an invocation has its cause, and refused calls are repeated boundedly")
def bounded_work(ledger: Ledger, invocation: Invocation, _how: str) -> str | None:
    made, records = invocation.made, invocation.records
    if invocation.function == CHECKER:
        allowed = call_budget.of_checker(made, invocation.container.settings.deadline_shards, len(ledger.limits))
    elif invocation.function in RELAYS:
        allowed = call_budget.of_relay(made, records, invocation.container.resources)
    elif invocation.function in {API, RUNNER}:
        return UNCONCERNED
    elif invocation.function in OF_WAITING:
        allowed = call_budget.of_waiting(made, records)
    else:
        allowed = call_budget.of_events(made, records, requests=invocation.function == FUNCTION_OF[REQUESTED])
    if invocation.calls > allowed:
        return f"{invocation.function} made {invocation.calls} calls for {records} records, {allowed} have a cause"
    return None


@oracle("S20c", When.CHECKED, "the checker finds what is due, nothing else, and ends as many as it says")
def finds_what_is_due(
    ledger: Ledger, invocation: Invocation, running: list[SagaImage], answer: dict[str, Any]
) -> str | None:
    """Asked only when index and sagas stood still: then the right answer is known."""
    offset, shards = invocation.container.offset_ms, invocation.container.settings.deadline_shards
    deadlines = [saga.number("deadline") or 0 for saga in running if (saga.number("deadline_shard") or 0) < shards]
    # It looked at its clock at some moment of its run: what fell due within it may be found, or not yet.
    due = sum(deadline <= invocation.started + offset for deadline in deadlines)
    at_most = sum(deadline <= invocation.service.scheduler.now + offset for deadline in deadlines)
    if not due <= answer["due"] <= at_most and not answer["unfinished"]:
        return f"the checker found {answer['due']} of {due} that are due"
    ended = ledger.changes_by[invocation.number]
    # A write whose reply was lost is done and not counted.
    exact = answer["timed_out"] == ended or (invocation.faults and answer["timed_out"] < ended)
    return None if exact else f"the checker says that it ended {answer['timed_out']}, and ended {ended}"


@oracle(
    "L4b", When.APPLIED, "each record of a batch is counted once: applied, remembered, duplicate, late, or set aside"
)
def conservation(_ledger: Ledger, invocation: Invocation, answer: Any, accounted: int) -> str | None:
    undone = len(answer["batchItemFailures"]) if isinstance(answer, dict) else 0
    if accounted == invocation.records - undone:
        return None
    return f"{invocation.function} counts {accounted} of {invocation.records} records, and returns {undone} as undone"


@oracle("S16d", When.RETURNED, "no error that a handler raises carries users' data")
def no_secret_raised(_ledger: Ledger, invocation: Invocation, how: str) -> str | None:
    return f"{invocation.function} raised users' data" if CANARY in how else None


@oracle("S18b", When.RETURNED, "without faults no invocation fails")
def calm_succeeds(ledger: Ledger, invocation: Invocation, how: str) -> str | None:
    return f"{invocation.function} {how} in calm weather" if ledger.plan.calm and how else None
