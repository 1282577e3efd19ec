"""An operator who hears of what was set aside, and who sometimes does more than is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.proof.simulation.faults.weather import Fault, Weather
from tests.proof.simulation.sources.stream_mapping import StreamMapping
from tests.proof.simulation.world.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Operator:
    """Asks each target's own relay, as `sagactl rejected redrive` and `sagactl republish` do."""

    ledger: Ledger
    weather: Weather
    mappings: Sequence[StreamMapping]

    def hears_of(self, pointer: dict[str, Any]) -> None:
        """What a target refused is sent again: it has been mended by then, or refuses once more."""
        if pointer["source"] != "stream":
            return
        saga_name, execution_id, _ = pointer["position"]["record"].partition("/")[2].split(":")
        for mapping in self.mappings:
            if mapping.relay == pointer["function"]:
                mapping.want_again((execution_id, saga_name))

    def send_all_again(self) -> None:
        """Needed or not, and while everything else goes on."""
        self.weather.note(Fault.REPUBLISHED)
        for mapping in self.mappings:
            for saga in self.ledger.sagas.values():
                mapping.want_again((saga.key, saga.text("saga_name") or ""))
