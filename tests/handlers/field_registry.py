"""The cases of field_cases.json, which real senders, AWS and operators gave, and which of them a test claims."""

import json
from pathlib import Path
from typing import Any, Final

CASES: Final[dict[str, dict[str, Any]]] = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent / "field_cases.json").read_text(encoding="utf-8"))["cases"]
}
NOT_YET_CLAIMED: Final = frozenset(
    {
        *("write-signature-expired", "complete-signature-expired", "claim-throttled", "slow-down-by-status"),
        *("validation-is-permanent", "recreated-topic", "relay-given-a-list"),
        *("relay-mistyped-republish", "kafka-password-rotated", "kafka-target-down", "limits-lost-their-quotes"),
        *("limits-of-no-language", "cluster-by-vpc-connection", "allowed-images-too-long"),
        *("retired-step-reconciled", "unknown-step-reconciled"),
        *("two-stacks-deployed", "wheel"),
    }
)
"""No test has the right value of these yet. Whoever writes one takes its id out here, and names it as CLAIMS tells."""

CLAIMS: Final = "FIELD_CASES"
"""A test module names the cases it has, at its top and in this form: `FIELD_CASES = ("case-id", "another-case")`."""
