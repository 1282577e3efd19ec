"""When a world rests: what its functions left needs no repair, and what is then corrupted is repaired in one pass.

The corpus of corruptions, running sagas included, is that of `tests/tools/sagactl/corrupt_items.py`; here a few of them
meet every state that worlds come to rest in, several sagas at a time, with the counters that belong to them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from saga_testing.aws.dynamodb.client import SimulatedDynamoDb
from sagactl.commands.reconcile import plan, repair
from sagactl.deployment import Deployment
from tests.proof.simulation.oracles.registry import Judge
from tests.proof.simulation.world.plan import Plan

COUNTER: Final = "#counter"
EXECUTION: Final = "execution_saga"
"""What waits is corrupted and repaired in tests of its own."""
WRITTEN_ANEW: Final = ("version", "outbox", "gen", "unsettled")
"""What every repair writes: it counts as a write, it sends nothing again, and it leaves the caps to a settler."""


def judge_repair(judge: Judge, plan_of_world: Plan, table: SimulatedDynamoDb, dice: random.Random, now: int) -> None:
    """L5: an operator finds the table sound, then as a restore or a defect has left it."""
    judge.ask("L5")
    connection: Any = SimpleNamespace(client=lambda _service: _InShortPages(table))
    # How long an item is kept was said when it ended; a repair goes by what is said now.
    moved = {"expires"} if len({each["RETENTION_DAYS"] for each in plan_of_world.all_settings}) > 1 else set()
    wrong = _wrong(stack_of(plan_of_world, connection), table, dice, now, {*WRITTEN_ANEW, *moved})
    if wrong is not None:
        judge.fail("L5", wrong)


@dataclass(frozen=True, slots=True)
class _InShortPages:
    """A table so large that no scan reads it in one page."""

    table: SimulatedDynamoDb

    def scan(self, **arguments: Any) -> Any:
        return self.table.scan(**arguments, Limit=2)

    def __getattr__(self, operation: str) -> Any:
        return getattr(self.table, operation)


def _wrong(stack: Deployment, table: SimulatedDynamoDb, dice: random.Random, now: int, anew: set[str]) -> str | None:
    if found := plan(stack, now):
        return f"reconcile finds {found[0].problem} in {found[0].item}, which only functions have written"
    sound = _items(table)
    for corrupt in _corrupted(sound, dice):
        table.put_item(TableName="sagas", Item=corrupt)
    repair(stack, now)
    repaired = _items(table)
    for key, item in sound.items():
        if _lasting(repaired[key], anew) != _lasting(item, anew):
            return f"reconcile made {_lasting(repaired[key], anew)} of what was {_lasting(item, anew)}"
    if left := plan(stack, now):
        return f"reconcile leaves {left[0].problem} in {left[0].item}"
    return None


def stack_of(plan_of_world: Plan, connection: Any) -> Deployment:
    """As an operator reaches it."""
    settings = plan_of_world.all_settings[-1]
    outputs = {
        "TableName": "sagas",
        "StartDeadlineSeconds": settings["START_DEADLINE_SECONDS"],
        "RunGraceSeconds": settings["RUN_GRACE_SECONDS"],
        "RequestMaxAgeSeconds": settings["REQUEST_MAX_AGE_SECONDS"],
        "RetentionDays": settings["RETENTION_DAYS"],
        "DeadlineShards": settings["DEADLINE_SHARDS"],
    }
    return Deployment("saga-orchestrator", outputs, connection)


def _items(table: SimulatedDynamoDb) -> dict[tuple[str, str], dict[str, Any]]:
    return {(item["execution_id"]["S"], item["saga_name"]["S"]): item for item in table.items("sagas")}


def _lasting(item: dict[str, Any], anew: set[str]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in anew}


def _corrupted(sound: dict[tuple[str, str], dict[str, Any]], dice: random.Random) -> Iterator[dict[str, Any]]:
    """Some items, each in one or two ways. A slot that is held is counted, or is not."""
    for (_, name), item in sorted(sound.items()):
        if dice.random() < 0.3:
            continue
        if name == COUNTER:
            yield item | {"n": {"N": str(int(item["n"]["N"]) + dice.randint(-3, 3))}}
        if name != EXECUTION:
            continue
        damaged = dict(item)
        for _ in range(dice.randint(1, 2)):
            match dice.randrange(4):
                case 0:
                    damaged["claim"] = {"S": f"python#{dice.randrange(2)}"}
                case 1:
                    damaged |= {"deadline": {"N": "1"}, "deadline_shard": {"N": "0"}}
                case 2:
                    damaged["deadline_shard"] = {"N": "7"}
                case _:
                    damaged.pop("expires", None)
        yield damaged
