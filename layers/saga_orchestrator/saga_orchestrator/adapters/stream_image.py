"""Images of the table's stream, as Lambda delivers them: binary values arrive as base64 text."""

import base64
from typing import Any

from saga_orchestrator.domain.errors import CorruptSaga

from .saga_codec import Item


def to_item(image: dict[str, Any]) -> Item:
    """The item as the SDK would return it.

    Raises:
        CorruptSaga: something in it is no attribute value.
    """
    try:
        return {name: _value(value) for name, value in image.items()}
    except (AttributeError, TypeError, ValueError, RecursionError) as broken:
        detail = f"stream image cannot be read: {type(broken).__name__}"
        raise CorruptSaga(detail) from None


def _value(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {"B": base64.b64decode(content, validate=True)}
        case "M":
            return {"M": to_item(content)}
        case "L":
            return {"L": [_value(each) for each in content]}
        case _:
            return value
