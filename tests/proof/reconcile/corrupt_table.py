"""A table made of chosen items, the operator's command beside the real functions on it, and the promises to look at."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

from saga_testing.aws.dynamodb.stream_record import StreamRecord
from saga_testing.wire import Wire
from sagactl.commands.reconcile import Finding, plan, repair
from sagactl.deployment import Deployment as Stack
from tests.proof.exhaustion.deployment import CheckedDeployment, Delivery
from tests.proof.exhaustion.scenarios import HOUR_MS, deliveries
from tests.proof.reconcile.corrupt_items import BASES, REPAIRED_AT, Case, Item, n
from tests.proof.simulation.oracles import writes as promises
from tests.proof.simulation.world.ledger import Ledger, Write
from tests.proof.simulation.world.saga_image import SagaImage

OUTPUTS: Final = {
    "TableName": "sagas",
    "StartDeadlineSeconds": "300",
    "RunGraceSeconds": "180",
    "RequestMaxAgeSeconds": "86400",
    "RetentionDays": "30",
    "DeadlineShards": "2",
}
OF_A_WRITE: Final[tuple[Callable[..., str | None], ...]] = (
    promises.created_once,
    promises.versions_in_sequence,
    promises.timeline_grows,
    promises.legal_edges,
    promises.one_create,
    promises.terminal_releases,
    promises.running_is_watched,
    promises.compensation_owed,
    promises.end_announced,
    promises.completed_not_undone,
    promises.request_bound,
    promises.stub_remembers,
    promises.bounded_size,
)
"""The simulator's oracles that judge a write without asking who made it."""


@cache
def sound(base: str, execution_id: str = "ex-1") -> Item:
    """As the functions write it."""
    made = CheckedDeployment()
    for name in BASES[base]:
        made.carry_out(deliveries()[name])
    (item,) = [item for item in made.table.items("sagas") if not item["saga_name"]["S"].startswith("#")]
    return {**item, "execution_id": {"S": execution_id}}


class Scene:
    """One deployment whose table holds the given items, and counters that count the given claims."""

    def __init__(self, items: Iterable[Item], counters: Mapping[str, int | Item | None]) -> None:
        self.on = CheckedDeployment(limit=10)
        self.on.now = REPAIRED_AT
        self.table = self.on.table
        for item in items:
            self.table.put_item(TableName="sagas", Item=item)
        for shard, counter in counters.items():
            if counter is not None:
                number = {"n": n(counter)} if isinstance(counter, int) else counter
                key = {"execution_id": {"S": f"#counter#{shard}"}, "saga_name": {"S": "#counter"}}
                self.table.put_item(TableName="sagas", Item={**key, **number})
        self.on.relayed = self.began = len(self.table.stream)
        self.wire = Wire()

    @classmethod
    def of(cls, case: Case) -> "Scene":
        item = case.edit.applied(sound(case.base))
        claims = sound(case.base).get("claim"), case.edit.put.get("claim") if case.counted else None
        return cls([item], {"python#0": sum(claim is not None for claim in claims)})

    @property
    def stack(self) -> Stack:
        connection: Any = SimpleNamespace(client=lambda _service: self.wire.client(self.table))
        return Stack("saga-orchestrator", OUTPUTS, connection)

    def plan(self) -> list[Finding]:
        return plan(self.stack, self.on.now)

    def repair(self) -> list[Finding]:
        return repair(self.stack, self.on.now)

    def item(self, execution_id: str = "ex-1") -> Item | None:
        found = [item for item in self.table.items("sagas") if item["execution_id"]["S"] == execution_id]
        return found[0] if found else None

    def written(self) -> list[StreamRecord]:
        """Since the table was made."""
        return self.table.stream[self.began :]

    def check_promises(self) -> None:
        """S1 to S9: of each write since, and of the table as it is now."""
        ledger: Any = Ledger(plan=SimpleNamespace(targets=("bus",)))  # type: ignore[arg-type]  # no oracle that is asked here looks at it
        for record in self.written():
            if record.keys["saga_name"]["S"].startswith("#") or record.new_image is None:
                continue
            old = SagaImage(record.old_image) if record.old_image else None
            write = Write(self._by_anybody(), old, SagaImage(record.new_image), record, self.on.now)
            broken = [wrong for check in OF_A_WRITE if (wrong := check(ledger, write))]
            assert broken == []
        self.check_sagas()
        self.check_counters()

    def _by_anybody(self) -> Any:
        """Who wrote does not matter to these oracles, only which release of the code runs."""
        return SimpleNamespace(container=SimpleNamespace(resources=self.on.container()))

    def check_sagas(self) -> None:
        """S3 to S9 and S15 of every item, as it is."""
        for item in self.table.items("sagas"):
            if item["saga_name"]["S"].startswith("#"):
                continue
            image = SagaImage(item)
            unwritten = Write(SimpleNamespace(), None, image, None, self.on.now)  # type: ignore[arg-type]  # a state, not a write
            state_of = (promises.terminal_releases, promises.running_is_watched, promises.compensation_owed)
            also = (promises.end_announced, promises.one_create)
            ledger: Any = None
            broken = [wrong for check in (*state_of, *also) if (wrong := check(ledger, unwritten))]
            assert broken == []
            assert ("expires" in item) == (image.state != "running"), "S15"
            assert image.state == "running" or "claim" not in item, "S8"
            assert image.state != "created" or not image.outbox, "S12"

    def check_counters(self) -> None:
        """S7."""
        ledger: Any = SimpleNamespace(counters={}, claims=Counter())
        for item in self.table.items("sagas"):
            if item["saga_name"]["S"] == "#counter":
                ledger.counters[item["execution_id"]["S"]] = int(item["n"]["N"])
            elif "claim" in item:
                ledger.claims[f"#counter#{item['claim']['S']}"] += 1
        assert not promises.counters_exact(ledger, None, {})

    def live_on(self) -> None:
        """The functions go on, with no help: everything that can end does, and nothing is left over (L1 to L3)."""
        for _ in range(2):
            assert self.on.carry_out(Delivery("relay", "relay")) == 1
            assert self.on.carry_out(Delivery("deadline", "checker", clock_ms=HOUR_MS)) == 1
        self.on.carry_out(Delivery("relay", "relay"))
        states = [item["state"]["S"] for item in self.table.items("sagas") if "state" in item]
        assert "running" not in states, "L1"
        assert sum(int(item["n"]["N"]) for item in self.table.items("sagas") if "n" in item) == 0, "L3"
        assert self.on.queue.bodies("https://sqs.us-east-1.amazonaws.com/123456789012/rejected") == []
        self.check_sagas()

    def published(self) -> list[str]:
        return [entry["DetailType"] for entry in self.on.bus.accepted]


def pairs_of(cases: Iterable[Case]) -> list[tuple[Case, Case]]:
    """Two corruptions of one item that do not touch the same attribute."""
    return [
        (one, other)
        for one, other in itertools.combinations(cases, 2)
        if one.base == other.base and not one.edit.touches & other.edit.touches
    ]
