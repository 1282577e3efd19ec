"""Where what happened can be seen: every place that users' data must never reach."""

import json

from tests.conformance.play import Seen


def texts(seen: Seen) -> dict[str, str]:
    """Every place that users' data must never reach, as text."""
    return {
        "log, metric or standard error": seen.output,
        "saga item": str(seen.items),
        "stream record": json.dumps(seen.records),
        "queue": json.dumps(seen.rejected),
        "index or other call": str([call.arguments for call in seen.all_calls if call.service == "dynamodb"]),
        "exception": "".join(map(_chain, seen.raised)),
        "bus": json.dumps(seen.put_events),
        "topic": str(seen.to_kafka),
    }


def _chain(error: BaseException | None) -> str:
    return "" if error is None else f"{error!r} {error} {_chain(error.__cause__)}{_chain(error.__context__)}"
