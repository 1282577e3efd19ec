"""The simulator's oracles over what an enumeration wrote: its yardstick is the same code, so what is wrong without a
fault would be wrong in both, and equal."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

from saga_testing.aws.dynamodb.stream_record import StreamRecord
from saga_testing.deployment import settings_of
from tests.proof.simulation.oracles import outcomes, writes
from tests.proof.simulation.world.ledger import Write
from tests.proof.simulation.world.saga_image import RESERVED, SagaImage

OF_A_WRITE: Final[tuple[Callable[..., str | None], ...]] = (
    writes.created_once,
    writes.versions_in_sequence,
    writes.timeline_grows,
    writes.legal_edges,
    writes.state_of_its_cause,
    writes.one_create,
    writes.terminal_releases,
    writes.running_is_watched,
    writes.running_holds_claim,
    writes.compensation_owed,
    writes.create_expires,
    writes.end_announced,
    writes.only_when_due,
    writes.run_deadline,
    writes.completed_not_undone,
    writes.stub_remembers,
    writes.write_once,
    writes.request_bound,
    outcomes.first_deadline,
)
"""Those that need to know neither what was sent nor by whom."""


def judge_writes(stream: list[StreamRecord], settings: dict[str, str], resources: Any) -> None:
    """Every committed version of every saga, in order."""
    container = SimpleNamespace(settings=settings_of(tuple(settings.items())), resources=resources, offset_ms=0)
    by_anybody: Any = SimpleNamespace(container=container)
    nothing_known: Any = SimpleNamespace(
        shadows=frozenset(), undeleted=set(), plan=SimpleNamespace(admins_change=False)
    )
    for record in stream:
        if record.keys["saga_name"]["S"].startswith(RESERVED):
            continue
        old, new = (image and SagaImage(image) for image in (record.old_image, record.new_image))
        write = Write(by_anybody, old or None, new or None, record, record.created_at_ms)
        for oracle in OF_A_WRITE:
            if wrong := oracle(nothing_known, write):
                raise AssertionError(f"{oracle.__name__}: {wrong}")
