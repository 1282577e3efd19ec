"""Holds the orders against what was expected, from outside: the table, the bus, the participant's own ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from demo.observer import Observer
from demo.orders.cases import CONFIRMED, CREDIT, RELEASE_CREDIT, RELEASE_STOCK, SHIP, STOCK, OrderCase
from demo.orders.placing import Order
from local_participant import ParticipantAccount
from saga_orchestrator.domain.saga import Saga
from sagas.order import ORDER

_OWN_TYPES = (CREDIT, STOCK, SHIP, RELEASE_CREDIT, RELEASE_STOCK, CONFIRMED)
_KEPT_BY_THE_CONFIRMED = (CREDIT, STOCK, SHIP)


@dataclass(frozen=True)
class OrderEvidence:
    """What was collected of the orders."""

    orders: tuple[Order, ...] = ()
    participant: ParticipantAccount | None = None

    def rejections(self) -> Counter[str]:
        """Reasons, one for each event that must be rejected."""
        return Counter(reason for order in self.orders for reason in order.case.rejects)


@dataclass
class OrderResult:
    """One row of expected against actual."""

    case: OrderCase
    orders: int = 0
    as_expected: int = 0
    differences: list[str] = field(default_factory=list)


def order_results(evidence: OrderEvidence, sagas: Iterable[Saga], observer: Observer) -> list[OrderResult]:
    """Every order against what its case expects, in the order of the cases."""
    stored = {saga.execution_id: saga for saga in sagas if saga.saga_name == ORDER.name}
    results: dict[str, OrderResult] = {}
    for order in evidence.orders:
        result = results.setdefault(order.case.slug, OrderResult(order.case))
        found = [f"{order.id}: {each}" for each in _differences(order, stored.get(order.id), observer)]
        result.orders += 1
        result.as_expected += not found
        result.differences += found
    return list(results.values())


def order_violations(evidence: OrderEvidence, sagas: Iterable[Saga]) -> list[str]:
    """Nothing is held without an owner, and nothing that an owner paid for is missing."""
    if not evidence.orders:
        return []
    if evidence.participant is None:
        return ["the participant gave no account of what it holds"]
    confirmed = [saga for saga in sagas if saga.saga_name == ORDER.name and saga.state == "completed"]
    owed = Counter(f"{saga.execution_id} {command}" for saga in confirmed for command in _KEPT_BY_THE_CONFIRMED)
    held = Counter(evidence.participant.held)
    malformed = evidence.participant.malformed
    return [
        *(f"the participant holds {each}, which no confirmed order owns" for each in held - owed),
        *(f"the participant does not hold {each} of a confirmed order" for each in owed - held),
        *([f"the participant got {malformed} malformed commands"] if malformed else []),
    ]


def _differences(order: Order, saga: Saga | None, observer: Observer) -> list[str]:
    if saga is None:
        return ["no saga in the table"]
    end = order.case.end
    heard = {kind for kind in _OWN_TYPES if observer.count(order.id, kind, saga_name=ORDER.name)}
    facts: Mapping[str, tuple[object, object]] = {
        "state": (end.state, str(saga.state)),
        "reason": (end.reason, saga.reason),
        "messages": (sorted(end.heard), sorted(heard)),
        "confirmations": (
            int(CONFIRMED in end.heard),
            observer.count(order.id, CONFIRMED, saga_name=ORDER.name),
        ),
        "outcome messages": ((f"SAGA_{end.state.upper()}",), observer.outcomes(order.id, ORDER.name)),
        "parked steps": ([], [entry.step for entry in saga.ledger.parked]),
    }
    found = [f"{name}: expected {want}, got {got}" for name, (want, got) in facts.items() if want != got]
    releases = observer.count(order.id, RELEASE_CREDIT, saga_name=ORDER.name)
    if releases < order.case.releases:
        found.append(f"its credit was asked back {releases} times, expected at least {order.case.releases}")
    return found
