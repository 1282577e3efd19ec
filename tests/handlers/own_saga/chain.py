"""Three bookings whose undos wait for each other, and a last word that nothing depends on."""

from typing import Final

from saga_orchestrator.domain.definition import SagaDefinition, Step, Undo
from saga_orchestrator.domain.flow.terms import Command, Retry, Start

CHAIN: Final = SagaDefinition(
    name="chain_saga",
    version=1,
    starts=Start("CHAIN_WANTED", key="chain_id", input=dict),
    cancels="CHAIN_CANCELLED",
    steps=(
        Step("room", claims=lambda _chain: "rooms", undo=Undo()),
        *(
            Step(
                f"book_{link}",
                sends=f"book_{link}",
                within=30,
                retry=Retry(attempts=2, backoff_seconds=2),
                holds_earlier=True,
                undo=Undo(sends=f"free_{link}", within=30, retry=Retry(attempts=2, backoff_seconds=2)),
            )
            for link in ("first", "second", "third")
        ),
        Step("say", sends="say", within=30),
    ),
    messages={
        kind: Command(f"{kind.upper()}_COMMAND")
        for kind in (*(f"{what}_{link}" for link in ("first", "second", "third") for what in ("book", "free")), "say")
    },
)
