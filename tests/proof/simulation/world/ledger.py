"""What really happened in a world: every committed write, accepted message, rejected and acknowledged event."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from saga_testing.aws.dynamodb.client import StreamRecord
from tests.proof.simulation.faults.code_versions import TARGET_OF, Versions
from tests.proof.simulation.world.lambda_service import HAND, Invocation
from tests.proof.simulation.world.overrides import Overrides
from tests.proof.simulation.world.plan import Plan
from tests.proof.simulation.world.saga_image import COUNTER, RESERVED, Broken, Image, SagaImage
from tests.proof.simulation.world.scenario import ADMIN, REQUESTED, Inbound


@dataclass(slots=True)
class Write:
    """One committed change of a saga, and who made it."""

    invocation: Invocation
    old: SagaImage | None
    new: SagaImage | None
    record: StreamRecord
    now: int


@dataclass(slots=True, eq=False)
class Ledger:
    """The oracles' memory. Positions identify deliveries: a function, and where its event came from."""

    plan: Plan
    versions: Versions = field(default_factory=Versions)
    payloads: dict[str, bytes] = field(default_factory=dict)
    sagas: dict[str, SagaImage] = field(default_factory=dict)
    broken: dict[str, Broken] = field(default_factory=dict)
    """Sagas that cannot be read, and why: all else that is said here of sagas is as they are without that."""
    mended: dict[str, int] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    """Sagas that were written by somebody who was called while they could not be read."""
    gone: dict[str, SagaImage] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    caps: dict[str, int] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    """In force, by language: what shard 0 says."""
    settled: set[str] = field(default_factory=set)
    overrides: Overrides = field(default_factory=Overrides)
    given_back: set[str] = field(default_factory=set)
    """Languages of which a shard has got back what it had beyond its cap, since they were last settled."""
    claims: Counter[str] = field(default_factory=Counter)
    emitted: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    publications: dict[str, Counter[str]] = field(default_factory=dict)
    """By target: how often it has taken each message."""
    creates: dict[str, str] = field(default_factory=dict)
    rejected_messages: set[tuple[str, str]] = field(default_factory=set)
    """Target and message: what one relay set aside is still owed by another."""
    lost_keys: set[str] = field(default_factory=set)
    rejected: dict[int, set[str]] = field(default_factory=dict)
    records: dict[str, list[tuple[Inbound, bytes]]] = field(default_factory=dict)
    """By place: the events that were there, with their bytes; a topic that is made anew has others at its offsets."""
    kept: dict[tuple[str, bytes], set[tuple[str, str]]] = field(default_factory=dict)
    """Of each record that was set aside: key and id of what is kept."""
    unmade: set[tuple[str, str]] = field(default_factory=set)
    """Target and message: what could not be made, because its script was gone."""
    in_pointer: dict[str, list[str]] = field(default_factory=dict)
    """Messages that a relay set aside with one thing."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Target and message: what a target said that it will never take."""
    offered: dict[str, dict[str, int]] = field(default_factory=dict)
    """By target: in which order it was first asked to take each message, whatever came of it."""
    sender: Invocation | None = None
    """Who publishes at this moment."""
    rejecter: Invocation | None = None
    """Who has set aside what was set aside last."""
    offerer: dict[str, Invocation] = field(default_factory=dict)
    """By message: who offered it last. Another one may send it: a producer's queue outlives a publish."""
    begun: dict[str, int] = field(default_factory=dict)
    """By saga: since when it waits for its start no longer, because it has started or ended."""
    wished: set[tuple[str, str]] = field(default_factory=set)
    """Target and message: what was first offered because an operator asked; the stream may be far behind it."""
    undeleted: set[str] = field(default_factory=set)
    """Sagas that ended while commands were off."""
    shadows: set[str] = field(default_factory=set)
    """Sagas that were requested while commands were off."""
    held_back: set[tuple[str, str]] = field(default_factory=set)
    """Target and message: commands that a relay met while they were off."""
    lost_sagas: set[str] = field(default_factory=set)
    """Whose stream records were lost once: what they emitted later overtakes that."""
    sent: dict[int, Inbound] = field(default_factory=dict)
    acknowledged: Counter[int] = field(default_factory=Counter)
    by_execution: dict[str, list[Inbound]] = field(default_factory=dict)
    gone_scripts: set[str] = field(default_factory=set)
    """Executions whose script was lost from the bucket."""
    settled_events: dict[str, str] = field(default_factory=dict)
    """What an operator has made of rejected events that have not come again, by their ids."""
    after_expiry: bool = False
    changes: int = 0
    """Of sagas; `changes_by` has those of each invocation."""
    changes_by: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.publications = {target: Counter() for target in self.plan.targets}
        self.offered = {target: {} for target in self.plan.targets}

    def is_owed(self, message: str) -> bool:
        """Some target has not got it; what a relay set aside an operator has had sent again."""
        return any(message not in taken for taken in self.publications.values())

    def deliver(self, place: str, inbound: Inbound, content: bytes) -> None:
        """From now on this record lies there."""
        records = self.records.setdefault(place, [])
        if (inbound, content) not in records:
            records.append((inbound, content))

    def forget(self) -> None:
        """Sagas have expired. What is created under their names now is new, and so are its messages."""
        self.after_expiry = True
        self.begun.clear()
        self.emitted.clear()
        self.bodies.clear()
        for taken in self.publications.values():
            taken.clear()
        for messages in self.offered.values():
            messages.clear()
        self.rejected.clear()
        self.acknowledged.clear()
        self.sent.clear()

    def send(self, inbound: Inbound) -> None:
        self.sent[inbound.number] = inbound
        self.by_execution.setdefault(inbound.execution_id, []).append(inbound)

    def take(self, record: StreamRecord, invocation: Invocation, now: int) -> Write | None:
        """Book one change; None when it is a counter's."""
        keys = record.keys
        key = keys["execution_id"]["S"]
        if keys["saga_name"]["S"].startswith(RESERVED):
            if keys["saga_name"]["S"] == COUNTER:
                self._count(key, record.new_image or {})
            return None
        if invocation.function == HAND:
            return None
        self.changes += 1
        self.changes_by[invocation.number] += 1
        old = self.sagas.get(key)
        new = SagaImage(self._sound(key, record.new_image, invocation, now)) if record.new_image is not None else None
        if old is not None and old.claim is not None:
            self.claims[f"#counter#{old.claim}"] -= 1
        if new is not None:
            self._book(old, new, invocation, now)
        elif old is not None:
            self.gone[key] = self.sagas.pop(key)
        return Write(invocation, old, new, record, now)

    def _book(self, old: SagaImage | None, new: SagaImage, invocation: Invocation, now: int) -> None:
        key = new.key
        self.sagas[key] = new
        if not new.is_stub and (old is None or old.is_stub):
            commands = invocation.container.settings.publish_commands
            (self.shadows.discard if commands else self.shadows.add)(key)
        if new.is_terminal or (new.state == "running" and "S" in new.causes()):
            self.begun.setdefault(key, now)
        if new.claim is not None:
            self.claims[f"#counter#{new.claim}"] += 1
        for message in new.outbox:
            self.emitted.setdefault(f"{new.text('saga_name')}:{key}:{message}", key)

    def _sound(self, key: str, image: Image, writer: Invocation, now: int) -> Image:
        """A write that was decided before may put right what it has not read: from then on anybody can read it."""
        broken = self.broken.get(key)
        if broken is None:
            return image
        if writer.number > broken.since:
            self.guessed.add(key)
        if image.get(broken.name) != broken.bad:
            del self.broken[key]
            self.mended[key] = now
        return broken.off(image)

    def was_readable(self, key: str) -> bool:
        """At any time."""
        return key not in self.broken and key not in self.mended

    def was_unreadable(self, key: str, since: int) -> bool:
        return key in self.broken or self.mended.get(key, -1) >= since

    def _count(self, key: str, image: Image) -> None:
        number = {name: int(image[name]["N"]) for name in ("n", "cap", "limit") if name in image}
        language, before = key.split("#")[2], self.counters.get(key, 0)
        self.counters[key], self.caps[key] = number.get("n", 0), number.get("cap", 0)
        if self.counters[key] < before > self.caps[key]:
            self.given_back.add(language)
        if "unsettled" in image:
            self.given_back.discard(language)
        if "limit" in number:
            self.limits[language] = number["limit"]
            (self.settled.discard if "unsettled" in image else self.settled.add)(language)

    def promised(self) -> Counter[str]:
        """What each language can come to use without a raised cap."""
        promised: Counter[str] = Counter()
        for key, taken in self.counters.items():
            promised[key.split("#")[2]] += max(taken, self.caps[key])
        return promised

    def held(self, language: str) -> int:
        """By sagas, whatever the counters say."""
        return sum(held for key, held in self.claims.items() if key.split("#")[2] == language)

    def open_caps(self, language: str) -> bool:
        return any(cap for key, cap in self.caps.items() if key.split("#")[2] == language)

    def hold_back(self, target: str, message: str) -> None:
        """Until commands are on again; a create may then come too late."""
        self.held_back.add((target, message))
        if ":create_pod#" in message:
            self.lost_keys.add(message)

    def lose(self, record: StreamRecord) -> None:
        """Nothing can be asked for what this record would have sent."""
        self.lost_sagas.add(record.keys["execution_id"]["S"])
        new = record.new_image or {}
        if "outbox" in new:
            name, key = new["saga_name"]["S"], new["execution_id"]["S"]
            lost = (f"{name}:{key}:{message}" for message in new["outbox"]["S"].split())
            self.lost_keys |= set(filter(begins_work, lost))

    def reject(self, pointer: dict[str, Any]) -> Inbound | None:
        """Book a pointer on the queue; the event it is about, or None when it is about a message.

        A create that was set aside may come too late to be sent at all.
        """
        position, reason = pointer["position"], pointer["reason"]
        if pointer["source"] == "stream":
            message, target = position["record"].partition("/")[2], TARGET_OF[pointer["function"]]
            messages = [message] if message else self._messages_of(pointer)
            self.rejected_messages |= {(target, each) for each in messages}
            self.in_pointer[pointer["id"]] = messages
            self.lost_keys |= set(filter(begins_work, messages))
            if ":create_pod#" in message and message.split(":")[1] in self.gone_scripts:
                self.unmade |= {(target, message)} if "refused" not in pointer["detail"] else set()
            return None
        record = self.record_of(pointer)
        if record is None:
            return None
        inbound, content = record
        self.rejected.setdefault(inbound.number, set()).add(reason)
        place = place_of(pointer["source"], position)
        self.kept.setdefault((place, content), set()).add((pointer["key"], pointer["id"]))
        return inbound

    def saga_of(self, pointer: dict[str, Any]) -> str:
        """Of a record of the stream that was set aside as a whole: its saga's key is all that is kept of it."""
        key: str = json.loads(self.payloads.get(pointer["key"], b"{}")).get("execution_id", {}).get("S", "")
        return key

    def _messages_of(self, pointer: dict[str, Any]) -> list[str]:
        """What the relay would have sent with it, and maybe more, which somebody asks for once it can be read."""
        saga = self.sagas.get(self.saga_of(pointer))
        if saga is None:
            return []
        self.lost_sagas.add(saga.key)
        return [f"{saga.text('saga_name')}:{saga.key}:{key}" for key in saga.keys]

    def record_of(self, pointer: dict[str, Any]) -> tuple[Inbound, bytes] | None:
        """What lay where the pointer says: of several the one whose bytes were kept, else the newest."""
        there = self.records.get(place_of(pointer["source"], pointer["position"]), [])
        kept = self.payloads.get(pointer["key"])
        same = [record for record in there if record[1] == kept]
        return next(reversed([*there, *same]), None)

    def may_be_set_aside_for(self, inbound: Inbound) -> frozenset[str]:
        """Reasons that are right for this event in this world."""
        reasons = inbound.accepts
        if self.rejecter is not None and self.was_unreadable(inbound.execution_id, self.rejecter.started):
            reasons |= {"corrupt_saga"}
        if any(each.get("ALLOWED_SCRIPT_BUCKETS") == "" for each in self.plan.all_settings if inbound.is_by_reference):
            reasons |= {"script_bucket_not_allowed"}
        if inbound.actor == ADMIN and any(each.get("ADMIN_USERS") == "" for each in self.plan.all_settings):
            reasons |= {"unauthorised_cancel", "too_many_early_cancels"}
        if inbound.type == REQUESTED:
            others = self.by_execution.get(inbound.execution_id, ())
            if any(each.type == REQUESTED and each.content != inbound.content for each in others):
                reasons |= {"conflicting_request"}
        elif inbound.actor is not None and not inbound.must_reject:
            saga = self.sagas.get(inbound.execution_id)
            if saga is not None and not saga.is_stub and not may_cancel(inbound.actor, saga.owner):
                reasons |= {"unauthorised_cancel"}
        return reasons


def begins_work(message: str) -> bool:
    """What is lost is not sent again once it is too late for it: a create, or an attempt of a saga that waits."""
    saga_name, _, key = message.split(":")
    if saga_name == "execution_saga":
        return key.startswith("create_pod#")
    return not key.startswith(("saga_", "order_confirmed#"))


def place_of(source: str, position: dict[str, Any]) -> str:
    return source + json.dumps(position)


def may_cancel(actor: str | None, owner: str | None) -> bool:
    return actor is not None and actor in {owner, ADMIN}
