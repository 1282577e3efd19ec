"""Events as the table writes them: a sample of the type, changed in some fields, with users' data in free texts."""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from saga_orchestrator.domain.events import EventType
from saga_testing.samples.sample_events import NOW_MS, event, iso
from saga_testing.samples.sample_orders import order_event, reply
from tests.conformance.schema import Mangle, Record, Step

CANARY: Final = "canary-4711"
"""Stands for what belongs to users: planted in every event, and looked for wherever it must not be."""

LETTERS: Final = {
    "requested": "R",
    "started": "S",
    "completed": "C",
    "failed": "F",
    "timeout": "T",
    "cancelled": "X",
}
ORDER_LETTERS: Final = {"placed": "P", "approved": "A", "declined": "D", "cancelled": "X", "answer": "Y"}
_OUTPUT: Final = {"stdout": CANARY, "stderr": CANARY, "resource_usage": {CANARY: CANARY}}
_FREE_TEXT: Final[Mapping[str, dict[str, Any]]] = {
    "requested": {"script": f"print('{CANARY}')"},
    "started": {},
    "completed": _OUTPUT,
    "failed": {**_OUTPUT, "error_message": CANARY},
    "timeout": _OUTPUT,
    "cancelled": {"reason": CANARY},
}


def full_type(name: str) -> str:
    return str(EventType[name.upper()])


@dataclass
class Post:
    """Makes the events of one requirement; ids are a letter for the type and a number, so that the table can tell."""

    numbers: Counter[str] = field(default_factory=Counter)
    sent: dict[str, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)
    """Id to (name, source, detail)."""

    def write(self, step: Step | Record, source: str = "executions") -> tuple[str, dict[str, Any]]:
        name = step.event or "requested"
        self.numbers[name] += 1
        event_id = step.id or f"{LETTERS[name]}{self.numbers[name]}"
        fields = {"env": {"TOKEN": CANARY}, **_FREE_TEXT[name], **({"user_id": step.user} if _names_user(step) else {})}
        detail = event(full_type(name), step.execution, **fields)
        detail["event_id"] = event_id
        for path, value in step.with_.items():
            _put(detail, path.split("."), expand(value))
        for path in step.without if isinstance(step, Step) else ():
            _drop(detail, path.split("."))
        self.sent[event_id] = (name, source, detail)
        return name, detail

    def order(self, step: Step) -> dict[str, Any]:
        """An event of the order saga, or a reply to it."""
        name = step.order or "answer"
        self.numbers[name] += 1
        if step.answer is not None:
            detail = reply(step.answer, step.outcome, order_id="ex-1", reason=CANARY)
            detail["metadata"] = {}
        else:
            detail = order_event(name.upper(), "ex-1", user_id=step.user, reason=CANARY, note=CANARY)
        detail["event_id"] = step.id or f"{ORDER_LETTERS[name]}{self.numbers[name]}"
        for path, value in step.with_.items():
            _put(detail, path.split("."), expand(value))
        for path in step.without:
            _drop(detail, path.split("."))
        return _as_cloudevent(detail) if step.cloudevent else detail

    def record(self, record: Record) -> Any:
        """The `value` of a Kafka record, as Lambda hands it over."""
        if record.tombstone:
            return None
        if record.value is not None:
            return record.value
        return base64.b64encode(self._content(record)).decode()

    def _content(self, record: Record) -> bytes:
        if record.hex is not None:
            return bytes.fromhex(record.hex)
        if record.text is not None:
            return str(expand(record.text)).encode()
        if record.again is not None:
            return json.dumps(self.sent[record.again][2]).encode()
        _, detail = self.write(record)
        return _mangled(json.dumps(detail), record.mangle or Mangle())


def _as_cloudevent(detail: dict[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in detail.items() if name not in {"event_id", "event_type", "timestamp"}}
    said = {"id": detail["event_id"], "type": detail["event_type"], "time": detail["timestamp"]}
    return {"specversion": "1.0", "source": "/shop", **said, "data": data}


def expand(value: Any) -> Any:
    """Values that are too long to write down, or that no YAML file may hold."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, argument),) = value.items()
        match key:
            case "$repeat":
                return argument[0] * argument[1]
            case "$list":
                return [expand(argument[0])] * argument[1]
            case "$seconds":
                return iso(NOW_MS + int(argument * 1000))
            case "$char":
                return chr(argument)
            case "$nested":
                return '{"a":' * argument
    return value


def _names_user(step: Step | Record) -> bool:
    return "user" in step.model_fields_set


def _put(detail: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        detail = detail[part]
    detail[path[-1]] = value


def _drop(detail: dict[str, Any], path: list[str]) -> None:
    for part in path[:-1]:
        detail = detail[part]
    del detail[path[-1]]


def _mangled(text: str, mangle: Mangle) -> bytes:
    if mangle.replace:
        before, after = mangle.replace
        if before not in text:
            msg = f"nothing to replace: {before!r}"
            raise ValueError(msg)
        text = text.replace(before, after)
    if mangle.member:
        text = f"{text[:-1]}, {mangle.member}}}"
    content = text.encode(mangle.encoding)
    content = bytes.fromhex(mangle.prefix_hex) + content
    return content[: len(content) - mangle.cut]


def wake_of(order_id: str) -> str:
    """The body of a wake, as the relay writes it."""
    return json.dumps({"execution_id": order_id, "saga_name": "order_saga", "due": 1})
