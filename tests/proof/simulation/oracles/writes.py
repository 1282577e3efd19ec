"""Oracles over what was committed: each write of a saga, and the table after each call."""

from typing import Final

from saga_orchestrator.domain.policy import Without
from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.call_budget import messages_of_write
from tests.proof.simulation.world.lambda_service import Invocation
from tests.proof.simulation.world.ledger import Ledger, Write, may_cancel
from tests.proof.simulation.world.saga_image import UNDONE, Image, SagaImage
from tests.proof.simulation.world.scenario import ADMIN, CANARY, CANCELLED, OPERATOR_SOURCE

LEGAL: Final[dict[str, frozenset[str]]] = {
    "created": frozenset({"created", "running", "completed", "failed", "timeout", "cancelled"}),
    "running": frozenset({"running", "completed", "failed", "timeout", "cancelled"}),
}
WRITE_ONCE: Final = ("owner", "req", "sb", "create_before", "inline", "created", "corr")
ENDINGS: Final = {"C": "completed", "F": "failed", "T": "timeout", "D": "timeout", "X": "cancelled"}


@oracle("S1", When.WRITE, "a saga is created once and never replaced by a new one")
def created_once(_ledger: Ledger, write: Write) -> str | None:
    again = write.old is not None and write.new is not None and write.new.version == 1
    return f"{write.old.key} was created a second time" if again and write.old else None


@oracle("S2", When.WRITE, "every write counts the version up by one, from one")
def versions_in_sequence(_ledger: Ledger, write: Write) -> str | None:
    if write.new is None:
        return UNCONCERNED
    before = write.old.version if write.old else 0
    right = write.new.version == before + 1
    return None if right else f"{write.new.key} went from version {before} to {write.new.version}"


@oracle("S2b", When.WRITE, "the timeline is a ledger: entries are added, never changed, dropped or repeated")
def timeline_grows(_ledger: Ledger, write: Write) -> str | None:
    if write.old is None or write.new is None or write.old.is_stub:
        return UNCONCERNED
    before = write.old.image.get("timeline", {"L": []})["L"]
    after = write.new.image.get("timeline", {"L": []})["L"]
    if after[: len(before)] != before:
        return f"{write.new.key} lost what its timeline said"
    seen = [(entry.cause, entry.event_id) for entry in write.new.timeline]
    return f"{write.new.key} applied one event twice" if len(set(seen)) < len(seen) else None


@oracle("S3", When.WRITE, "states change along legal edges; terminal is terminal")
def legal_edges(_ledger: Ledger, write: Write) -> str | None:
    if write.old is None or write.new is None:
        return UNCONCERNED
    old, new = write.old.state, write.new.state
    return None if new in LEGAL.get(old, frozenset({old})) else f"{write.new.key} went from {old} to {new}"


@oracle("S3b", When.WRITE, "the state is the one that the event which ended the saga asks for")
def state_of_its_cause(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if old is None or new is None or old.state != "running" or not new.is_terminal:
        return UNCONCERNED
    cause = new.timeline[-1].cause
    return None if ENDINGS.get(cause) == new.state else f"{new.key} is {new.state} because of {cause}"


@oracle("S4", When.WRITE, "a saga emits at most one create, in the write that starts it")
def one_create(ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None:
        return UNCONCERNED
    if new.emitted("create_pod") > 1:
        return f"{new.key} emits more than one create"
    if new.state == "running" and not new.emitted("create_pod") and not (ledger and new.key in ledger.shadows):
        return f"{new.key} runs without a create"
    if write.old is not None and not write.old.is_stub and any(key.startswith("create_pod") for key in new.outbox):
        return f"{new.key} creates its pod again"
    return None


@oracle(
    "S7",
    When.COMMIT,
    "each counter equals the number of sagas that hold a claim on it, and gives no room over the limit in force",
)
def counters_exact(ledger: Ledger, invocation: Invocation | None, before: dict[str, int]) -> str | None:
    for key in {*ledger.counters, *(key for key, held in ledger.claims.items() if held)}:
        if ledger.counters.get(key, 0) != ledger.claims[key]:
            return f"{key} says {ledger.counters.get(key, 0)}, {ledger.claims[key]} sagas hold a claim"
    if invocation is None:
        return UNCONCERNED
    for language, promised in ledger.promised().items():
        limit = ledger.limits.get(language, 0)
        if promised > max(limit, before.get(language, 0)):
            return f"{promised} slots of {language} can be taken by now, of {limit}"
        if promised > limit and language in ledger.settled and ledger.open_caps(language):
            return f"{language} is settled at {limit}, and a request can still make it {promised}"
    return None


@oracle("S8", When.WRITE, "an ended saga holds no claim, is due for nothing, and says why it ended")
def terminal_releases(_ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None or not new.is_terminal:
        return UNCONCERNED
    if new.claim is not None:
        return f"{new.key} ended and still holds {new.claim}"
    if "deadline" in new.image or "deadline_shard" in new.image:
        return f"{new.key} ended and is still in the index"
    return None if "reason" in new.image else f"{new.key} ended without a reason"


@oracle("S8b", When.WRITE, "a running saga has a deadline and is in the index")
def running_is_watched(_ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None or new.state != "running":
        return UNCONCERNED
    watched = "deadline" in new.image and "deadline_shard" in new.image
    return None if watched else f"{new.key} runs and cannot time out"


@oracle("S8c", When.WRITE, "a running saga of a limited language holds a claim")
def running_holds_claim(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or new.state != "running" or (old is not None and not old.is_stub):
        return UNCONCERNED
    limit = write.invocation.container.settings.policy().limit_of(new.image["req"]["M"]["lang"]["S"])
    limited = limit is not Without.UNLIMITED
    return f"{new.key} runs without a claim" if limited and new.claim is None else None


@oracle("S9", When.WRITE, "a saga that emitted a create and ended other than completed emits a delete after it")
def compensation_owed(ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None or new.state not in UNDONE or not new.emitted("create_pod"):
        return UNCONCERNED
    keys = [key.partition("#")[0] for key in new.keys]
    if "delete_pod" in keys[keys.index("create_pod") :]:
        return None
    if ledger and (new.key in ledger.undeleted or not write.invocation.container.settings.publish_commands):
        ledger.undeleted.add(new.key)  # an operator reconciles once commands are on again
        return UNCONCERNED
    return f"{new.key} is {new.state} and never deletes its pod"


@oracle("S9d", When.WRITE, "a create may be obeyed no longer than its saga waits for the start")
def create_expires(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or not new.emitted("create_pod") or (old is not None and not old.is_stub):
        return UNCONCERNED
    waits = (new.number("create_before") or 0) - (new.number("created") or 0)
    allowed = write.invocation.container.settings.start_deadline_seconds * 1000
    return None if waits == allowed else f"{new.key}: its create may be obeyed for {waits} ms"


@oracle("S9b", When.WRITE, "the write that ends a saga announces its end, once")
def end_announced(_ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None or not new.is_terminal:
        return UNCONCERNED
    ends = [key for key in new.keys if key.startswith("saga_") and not key.startswith("saga_started")]
    return None if ends == [f"saga_{new.state}#1"] else f"{new.key} is {new.state} and announces {ends}"


@oracle("S10", When.WRITE, "a saga times out only when the item itself says it is due, by the writer's clock")
def only_when_due(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or old is None or not new.timeline or new.timeline[-1].cause != "D" or old.is_terminal:
        return UNCONCERNED
    deadline = old.number("deadline") or 0
    clock = write.now + write.invocation.container.offset_ms
    return None if clock >= deadline else f"{new.key} timed out {deadline - clock} ms too early"


@oracle("S10b", When.WRITE, "a start replaces the start deadline by the run deadline")
def run_deadline(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or old is None or new.state != "running" or old.state != "running":
        return UNCONCERNED
    grace = write.invocation.container.settings.run_grace_seconds
    allowed = (int(new.image["req"]["M"]["tmo"]["N"]) + grace) * 1000
    started = int(new.image["timeline"]["L"][-1]["S"].split(" ")[0])
    return None if new.number("deadline") == started + allowed else f"{new.key} started and keeps another deadline"


@oracle("S9c", When.WRITE, "a completed run is not undone")
def completed_not_undone(_ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None or new.state != "completed":
        return UNCONCERNED
    return f"{new.key} completed and deletes its pod" if new.emitted("delete_pod") else None


@oracle("S12", When.WRITE, "an early terminal event ends its saga with the request: no claim, no create")
def early_end(ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if old is None or new is None or not old.is_stub or new.is_stub:
        return UNCONCERNED
    if ledger.plan.admins_change and any("by" in early and early["by"]["S"] == ADMIN for early in old.early):
        return UNCONCERNED  # whether that counts depends on when it is asked
    expected = next((ENDINGS[cause] for cause, early in old.remembered() if _honoured(cause, early, new.owner)), None)
    if expected is None:
        return UNCONCERNED
    if new.state != expected or new.claim or new.emitted("create_pod"):
        return f"{new.key} is {new.state} though {expected} had come before its request"
    return None


def _honoured(cause: str, early: Image, owner: str | None) -> bool:
    if cause == "X":
        return "ok" in early or may_cancel(early["by"]["S"] if "by" in early else None, owner)
    return cause != "S"


@oracle("S12b", When.WRITE, "a stub forgets nothing, and starting from it keeps what it knew")
def stub_remembers(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if old is None or new is None or not old.is_stub:
        return UNCONCERNED
    known = [early["e"]["S"] for early in old.early]
    if new.is_stub:
        kept = [early["e"]["S"] for early in new.early][: len(known)] == known
    else:
        kept = len(new.timeline) == len(known) + 1
    return None if kept else f"{new.key} forgot an early event"


@oracle("S13", When.WRITE, "owner, request and what commands are rendered from never change")
def write_once(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if old is None or new is None or old.is_stub:
        return UNCONCERNED
    changed = [name for name in WRITE_ONCE if old.image.get(name) != new.image.get(name)]
    return f"{new.key} changed {changed}" if changed else None


@oracle("S13b", When.WRITE, "only the owner, an admin or an operator cancels")
def who_cancelled(ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if new is None or new.state != "cancelled" or (old is not None and old.state == "cancelled"):
        return UNCONCERNED
    actor = new.text("by")
    if actor is not None:
        return None if may_cancel(actor, new.owner) or _by_operator(ledger, new, actor) else f"{new.key}: {actor}"
    return None if _by_operator(ledger, new, None) else f"{new.key} was cancelled by nobody"


def _by_operator(ledger: Ledger, saga: SagaImage, actor: str | None) -> bool:
    return any(
        each.type == CANCELLED
        and each.source == OPERATOR_SOURCE
        and (actor in {None, ADMIN} or (each.event_id.startswith("act:") and actor == each.actor))
        for each in ledger.by_execution.get(saga.key, ())
    )


@oracle("S14", When.WRITE, "a second request with other content never changes the saga")
def request_bound(_ledger: Ledger, write: Write) -> str | None:
    old, new = write.old, write.new
    if old is None or new is None or old.is_stub:
        return UNCONCERNED
    return None if old.image.get("rh") == new.image.get("rh") else f"{new.key} took over another request"


@oracle("S15", When.WRITE, "only ended sagas and stubs expire, and not before their retention; nobody else deletes")
def expiry(ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None:
        return None if write.record.by_ttl else "an item was deleted by a caller"
    expires = new.number("expires")
    if new.state == "running":
        return None if expires is None else f"{new.key} runs and would expire"
    if expires is None:
        return f"{new.key} is {new.state} and is kept for ever"
    retention = min(int(each["RETENTION_DAYS"]) for each in ledger.plan.all_settings) * 86_400
    born = write.now + write.invocation.container.offset_ms if write.old is None else 0
    since = (new.number("ended") or 0) if new.is_terminal else born
    if since and expires < since // 1000 + retention - 60:
        return f"{new.key} expires too soon"
    return None


@oracle("S16", When.WRITE, "no script, output, error text or reason of a user is stored in a saga")
def no_secret_stored(_ledger: Ledger, write: Write) -> str | None:
    return f"{write.new.key} holds users' data" if write.new and CANARY in repr(write.new.image) else None


@oracle("S17", When.WRITE, "items, outboxes and timelines stay small")
def bounded_size(ledger: Ledger, write: Write) -> str | None:
    new = write.new
    if new is None:
        return UNCONCERNED
    most = messages_of_write(write.invocation.container.resources)
    # A stub keeps one event of a type and eight cancels, or one that is trusted.
    if len(new.outbox) > most or len(new.timeline) > 24 or len(new.early) > 13 or len(repr(new.image)) > 8_000:
        return f"{new.key} grows without bound"
    return None
