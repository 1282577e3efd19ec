"""JSON objects as they travel in URLs and headers: in the letters of base64url, without padding."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from saga_orchestrator.entrypoints.strict_json import parse_object


def encoded(fields: Mapping[str, Any]) -> str:
    content = json.dumps(fields, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decoded(text: str, longest: int) -> dict[str, Any]:
    """
    Raises:
        ValueError: it has more than `longest` letters, or holds no text of base64.
        RejectedEvent: what it holds is no JSON object.
    """
    if len(text) > longest:
        raise ValueError
    padded = text + "=" * (-len(text) % 4)
    return parse_object(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
