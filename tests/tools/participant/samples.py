"""Commands as the orchestrator sends them."""

from datetime import UTC, datetime, timedelta
from typing import Any

ORDER = "order-1"


def command(kind: str = "reserve_stock", attempt: int = 1, order: str = ORDER, **changes: Any) -> dict[str, Any]:
    """One attempt of a step, or of its undo, that need not be begun for a minute."""
    undo = kind.startswith("release")
    step = kind.replace("release", "reserve")
    return {
        "message_id": f"order_saga:{order}:{kind}#{attempt}",
        "message_type": f"{kind.upper()}_COMMAND",
        "message_version": "1.0",
        "timestamp": rfc3339(datetime.now(UTC)),
        "saga_id": f"order_saga:{order}",
        "saga_name": "order_saga",
        "execution_id": order,
        "order_id": order,
        "correlation_id": f"corr-{order}",
        "operation_id": f"order_saga:{order}:{step}",
        "attempt": attempt,
        "expires_at": rfc3339(datetime.now(UTC) + timedelta(minutes=1)),
        **({"undoes": [f"order_saga:{order}:{step}#1"]} if undo else {}),
        **changes,
    }


def rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
