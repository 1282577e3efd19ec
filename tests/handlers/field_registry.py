"""The cases of field_cases.json, which real senders, AWS and operators gave, and which of them a test claims."""

import json
from pathlib import Path
from typing import Any, Final

CASES: Final[dict[str, dict[str, Any]]] = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent / "field_cases.json").read_text(encoding="utf-8"))["cases"]
}
NOT_YET_CLAIMED: Final[frozenset[str]] = frozenset()
"""No test has the right value of these yet. Whoever writes one takes its id out here, and names it as CLAIMS tells."""

CLAIMS: Final = "FIELD_CASES"
"""A test module names the cases it has, at its top and in this form: `FIELD_CASES = ("case-id", "another-case")`."""
