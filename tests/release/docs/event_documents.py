"""`python -m tests.release.docs.event_documents` writes docs/events.md and the schemas of events and saga messages."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from saga_orchestrator.domain.events import EventType
from tests.release.docs.documents import ROOT
from tests.release.docs.event_prose import (
    COMMANDS,
    EFFECT,
    HEAD,
    IGNORED,
    MEANING,
    OTHER_ENDS,
    REFUSED,
    SENDER,
    UNUSABLE,
)
from tests.release.docs.event_schemas import REASONS, event_schema, saga_schema, schema_texts

DOCUMENT: Final = ROOT / "docs/events.md"
SCHEMAS: Final = ROOT / "docs/schemas"


def render() -> str:
    """docs/events.md."""
    sections = [
        HEAD,
        "## Fields of every event\n",
        _fields(event_schema(EventType.STARTED), only=_common()),
        "## Inbound events\n",
        *map(_event, EventType),
        "## Outbound messages\n",
        COMMANDS,
        *(_saga_message(outcome) for outcome in ("started", *REASONS)),
        "## What becomes of an event that cannot be applied\n",
        "Rejected: kept with its original bytes and a reason code, acknowledged, counted.\n",
        _table(("reason code", "meaning"), ((f"`{reason}`", meaning) for reason, meaning in MEANING.items())),
        "A saga that ends `failed` and says why: what a legitimate requester can get wrong or run into.\n",
        _table(("reason code", "meaning"), ((f"`{reason}`", meaning) for reason, meaning in REFUSED.items())),
        "The other ways to end.\n",
        _table(
            ("reason code", "state", "because of"),
            ((f"`{reason}`", f"`{state}`", why) for reason, (state, why) in OTHER_ENDS.items()),
        ),
        UNUSABLE,
        IGNORED,
    ]
    return "\n".join(sections)


def _common() -> frozenset[str]:
    return frozenset.intersection(*(frozenset(event_schema(each)["properties"]) for each in EventType))


def _event(event_type: EventType) -> str:
    name, schema = event_type.value, event_schema(event_type)
    return "\n".join(
        [
            f"### {name}\n",
            f"Sent by {SENDER[event_type]}. Handled by `functions/{name.lower()}`.\n",
            f"[Schema](schemas/{name.lower()}.schema.json).\n",
            _fields(schema, only=frozenset(schema["properties"]) - _common()),
            *(["Exactly one of `script` and `script_ref`.\n"] if event_type is EventType.REQUESTED else []),
            EFFECT[event_type] + "\n",
        ]
    )


def _saga_message(outcome: str) -> str:
    name, schema = f"SAGA_{outcome.upper()}", saga_schema(outcome)
    return "\n".join([f"### {name}\n", f"[Schema](schemas/saga_{outcome}.schema.json).\n", _fields(schema)])


def _fields(schema: dict[str, Any], only: frozenset[str] | None = None) -> str:
    rows = _rows(schema, schema.get("$defs", {}), "")
    wanted = [row for row in rows if only is None or row[0].strip("`").partition(".")[0] in only]
    return _table(("field", "required", "rule"), wanted)


def _rows(schema: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in schema["properties"].items():
        required = "yes" if name in schema.get("required", ()) else "no"
        nested = [_resolved(each, definitions) for each in field.get("anyOf", [field])]
        yield f"`{prefix}{name}`", required, _rule(field, nested)
        for each in nested:
            if "properties" in each:
                yield from _rows(each, definitions, f"{prefix}{name}.")


def _resolved(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = field.get("$ref")
    return definitions[reference.rpartition("/")[2]] if reference else field


def _rule(field: dict[str, Any], kinds: list[dict[str, Any]]) -> str:
    default = field.get("default")
    parts = [
        " or ".join(dict.fromkeys(_kind(kind) for kind in kinds)),
        *([f"default `{default}`"] if default is not None else []),
        *([field["description"]] if "description" in field else []),
    ]
    return "; ".join(parts)


_BOUNDS: Final = {
    "minimum": "from",
    "maximum": "to",
    "minLength": "characters from",
    "maxLength": "characters to",
    "minItems": "items from",
    "maxItems": "items to",
}


def _kind(kind: dict[str, Any]) -> str:
    if "const" in kind:
        return f"`{kind['const']}`"
    if "enum" in kind:
        return ", ".join(f"`{value}`" for value in kind["enum"])
    # One that reads like a link, or fills the line, is said in words; the schema has it.
    shown = "](" not in kind.get("pattern", "](")
    pattern = [f"`{kind['pattern']}`"] if shown else []
    bounds = [f"{words} {kind[name]}" for name, words in _BOUNDS.items() if name in kind]
    return " ".join([kind.get("type", "any"), *pattern, *bounds])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(render(), encoding="utf-8")
    for file_name, text in schema_texts().items():
        (SCHEMAS / file_name).write_text(text, encoding="utf-8")
