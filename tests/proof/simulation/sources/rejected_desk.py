"""An operator at the list of rejected events: some are redriven, some dropped, most are left, while all else goes on.

By the code behind `sagactl rejected redrive` and `drop`, over the world's services and functions.
"""

import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from saga_orchestrator.application.settling.kept import Kept
from saga_orchestrator.application.settling.redriving import Fate
from sagactl.acting.records import act_of
from sagactl.deployment import Deployment
from sagactl.errors import REFUSALS
from sagactl.rejected.items import item_of, settle
from sagactl.rejected.redriving import redriven
from tests.proof.simulation.faults.restored_table import stack_of
from tests.proof.simulation.faults.unreadable_items import CORRUPT
from tests.proof.simulation.faults.weather import Fault
from tests.proof.simulation.oracles.every import When
from tests.proof.simulation.world.lambda_service import (
    DROP,
    FUNCTION_OF,
    KAFKA_RELAY,
    OF_WAITING,
    REDRIVE,
    RELAY,
    Container,
    Invocation,
    Outcome,
)

if TYPE_CHECKING:
    from tests.proof.simulation.world.wired_world import WiredWorld

WORLDS: Final = 0.7
"""Of those with faults: in the others nobody looks at the list."""
PATIENCE_MS: Final = 600_000
LOOKS_AFTER_MS: Final = (500, 60_000, 600_000, 1_500_000)
THINKS_MS: Final = (1, 1, 300, 30_000)
"""Between the look and the verb: meanwhile the same record may be set aside once more."""
TRIES: Final = 3
UNTIL_IT_WORKS: Final = 1_000
AGAIN_MS: Final = 60_000
"""A command that was refused, or whose process died, is typed again."""
MOST_LOOKS: Final = 5
"""At one thing that is set aside again and again."""
ACTOR: Final = "operator"
_WORDS: Final = {REDRIVE: "redriven", DROP: "dropped"}


@dataclass(slots=True, eq=False)
class RejectedDesk:
    """`looked`: how often each thing had been set aside when a command looked at it, by the command's invocation."""

    world: "WiredWorld"
    dice: random.Random
    under_way: int = 0
    looked: dict[Invocation, Kept] = field(default_factory=dict)
    _heard: Counter[str] = field(default_factory=Counter)
    _share: float = 0.0

    def __post_init__(self) -> None:
        staffed = self.dice.random() < WORLDS and not self.world.plan.calm
        self._share = self.dice.choice((0.5, 0.9)) if staffed else 0.0

    def hears_of(self, pointer: dict[str, Any]) -> None:
        """Of something that was set aside. What is set aside again may be redriven again."""
        if pointer["reason"] == CORRUPT or pointer["function"] in OF_WAITING:
            return  # whoever mends the saga has its events delivered again
        self._heard[pointer["id"]] += 1
        if self.dice.random() >= self._share or self._heard[pointer["id"]] > MOST_LOOKS:
            return
        verb, wait = self.dice.choice((REDRIVE, REDRIVE, REDRIVE, DROP)), self.dice.choice(LOOKS_AFTER_MS)
        self.under_way += 1
        self.world.scheduler.after(wait, lambda: self._begin(verb, pointer, TRIES))

    def redrive(self, pointer: dict[str, Any]) -> None:
        """What has stood in its way is mended."""
        self.under_way += 1
        self._begin(REDRIVE, pointer, UNTIL_IT_WORKS)

    def _begin(self, verb: str, pointer: dict[str, Any], tries: int) -> None:
        world = self.world
        world.weather.note(Fault.REDRIVEN if verb == REDRIVE else Fault.DROPPED)
        now, service = world.scheduler.now, world.service
        container = Container(verb, service.settings, 0)

        def done(outcome: Outcome) -> None:
            if outcome.failed and tries:
                world.scheduler.after(AGAIN_MS, lambda: self._begin(verb, pointer, tries - 1))
            else:
                self.under_way -= 1

        def run() -> None:
            try:
                told = self._obey(invocation, pointer)
            except REFUSALS as refused:
                told = Fate.FAILED
                world.note(f"{verb} {pointer['id']}: {type(refused).__name__}")
            invocation.over = True
            world.scheduler.after(0, lambda: done(Outcome(failed=told is Fate.FAILED)))

        invocation = Invocation(0, verb, container, now, now + PATIENCE_MS, (), 1, service, done)
        invocation.tasks.append(world.scheduler.spawn(run, invocation))

    def _obey(self, invocation: Invocation, pointer: dict[str, Any]) -> Fate:
        world, verb = self.world, invocation.function
        stack = self._stack(invocation, pointer)
        kept = item_of(stack, pointer["id"])
        if kept is None or kept.state != "open":
            return Fate.DONE
        self.looked[invocation] = kept
        world.scheduler.sleep(self.dice.choice(THINKS_MS))
        if verb == DROP:
            act = act_of(f"rejected:{kept.id}", "drop", ACTOR, reason="nobody needs it", result="dropped")
            world.note(f"{verb} {kept.id}: {settle(stack, kept, 'dropped', act)}")
            return Fate.DONE
        result = redriven(stack, kept, ACTOR)
        world.note(f"{verb} {kept.id}: {result.fate} {result.detail}")
        return result.fate

    def _stack(self, invocation: Invocation, pointer: dict[str, Any]) -> Deployment:
        world = self.world
        sdk = world.service.make_sdk(invocation.container)
        objects = world.aws.s3
        clients = {
            "dynamodb": sdk.dynamodb,
            "s3": SimpleNamespace(get_object=objects.get_object, exceptions=SimpleNamespace(NoSuchKey=KeyError)),
            "lambda": SimpleNamespace(invoke=lambda **call: self._invoke(pointer, **call)),
        }
        connection: Any = SimpleNamespace(client=clients.__getitem__)
        named = {f"{_camel(function)}FunctionName": function for function in FUNCTION_OF.values()}
        relays = {"RelayFunctionName": RELAY}
        if "topic" in world.plan.targets:
            relays["KafkaRelayFunctionName"] = KAFKA_RELAY
        stack = stack_of(world.plan, connection)
        outputs = {**stack.outputs, **named, **relays, "OperatorTableName": "operator", "PayloadBucketName": "payloads"}
        return Deployment(stack.stack_name, outputs, connection)

    def _invoke(self, pointer: dict[str, Any], **call: Any) -> dict[str, Any]:
        """Wait for the function, as the command does; the process that waits may be killed meanwhile."""
        world, waiting = self.world, self.world.scheduler.current
        answers: list[Outcome] = []

        def answered(outcome: Outcome) -> None:
            answers.append(outcome)
            if waiting is not None:
                world.scheduler.wake(waiting)

        record = world.ledger.record_of(pointer) if pointer["source"] != "stream" else None
        about = (record[0].execution_id,) if record is not None else ()
        world.service.invoke(call["FunctionName"], json.loads(call["Payload"]), about, 1, answered)
        world.scheduler.park()
        failed = {"FunctionError": "Unhandled"} if answers[0].failed else {}
        body = None if failed else answers[0].result
        return {"Payload": io.BytesIO(json.dumps(body).encode()), "ResponseMetadata": {"RequestId": "r-1"}, **failed}

    # -- what the table says of it

    def sees(self, invocation: Invocation, operation: str, arguments: dict[str, Any]) -> None:
        """A call that may have changed the operators' table was carried out."""
        if invocation.function in _WORDS and operation == "TransactWriteItems":
            self._settled(invocation)
        elif operation == "UpdateItem" and arguments["Key"].get("pk", {"S": ""})["S"].startswith("rejected#"):
            identifier = arguments["Key"]["pk"]["S"].removeprefix("rejected#")
            self.world.ledger.settled_events.pop(identifier, None)
            self.world.judge.judge(When.SET_ASIDE, self.world.ledger, identifier, self.item(identifier))

    def _settled(self, invocation: Invocation) -> None:
        world, kept = self.world, self.looked[invocation]
        item = self.item(kept.id)
        if item["state"]["S"] == "open" or kept.id in world.ledger.settled_events:
            return
        world.ledger.settled_events[kept.id] = _WORDS[invocation.function]
        acts = Counter(each["verb"]["S"] for each in self._items(f"act#rejected:{kept.id}"))
        world.judge.judge(When.SETTLED, world.ledger, kept, item, acts)

    def item(self, identifier: str) -> dict[str, Any]:
        return next(iter(self._items(f"rejected#{identifier}")))

    def _items(self, partition: str) -> Iterable[dict[str, Any]]:
        return (item for item in self.world.aws.dynamodb.items("operator") if item["pk"]["S"] == partition)

    def closes(self, judge: Callable[..., None]) -> None:
        """The list as it is left."""
        kept = {identity for ways in self.world.ledger.kept.values() for _, identity in ways}
        judge(When.LISTED, self.world.ledger, {identity: self.item(identity) for identity in sorted(kept)})


def _camel(function: str) -> str:
    return "".join(map(str.capitalize, function.split("_")))
