"""What a request's fields must be, in the words that a requester, and docs/events.md, are told."""

from collections.abc import Iterable
from typing import Final

INVALID_REQUEST: Final = "invalid_request"
MAX_NAMED_FAULTS: Final = 7
"""As many as fit into 200 bytes of the item, whichever they are."""

_QUANTITY: Final = (
    "must be a Kubernetes quantity above zero, with one of the suffixes n u m k M G T P E Ki Mi Gi Ti Pi Ei"
)

RULES: Final[dict[str, str]] = {
    "timestamp": "must be an RFC 3339 time with an offset",
    "script": "must be text; give either script or script_ref",
    "script_ref": "must name bucket, key, size and sha256; give either script or script_ref",
    "language": "must be 1 to 32 of the characters a-z 0-9 + . _ - and begin with a letter or a digit",
    "language_version": "must be 1 to 32 of the characters A-Z a-z 0-9 + . _ - and begin with a letter or a digit",
    "runtime_image": "must be an image reference: a lower-case name without a scheme, then a tag or a digest if wanted",
    "runtime_command": "must be a list of 1 to 64 texts without NUL, of 16384 bytes together at most",
    "runtime_filename": "must be a bare file name of 1 to 128 of the characters A-Z a-z 0-9 _ . -",
    "timeout_seconds": "must be a whole number from 1 to 2147483647",
    "cpu_limit": f"{_QUANTITY}, such as 500m or 2",
    "memory_limit": f"{_QUANTITY}, of at least one byte, such as 512Mi or 1G (k and Ki, never K)",
    "cpu_request": f"{_QUANTITY}, such as 500m or 2",
    "memory_request": f"{_QUANTITY}, of at least one byte, such as 512Mi or 1G (k and Ki, never K)",
    "priority": "must be one of critical, high, normal, low, background",
}
_ABOVE_LIMIT: Final = {
    "cpu_request": "must not be more than cpu_limit",
    "memory_request": "must not be more than memory_limit",
}


def stored_faults(faults: Iterable[str]) -> tuple[str, ...]:
    """`faults`, each `field` or `field:code`, as the item keeps them: the first few, and how many more there were."""
    known = tuple(faults)
    more = len(known) - MAX_NAMED_FAULTS
    return known[:MAX_NAMED_FAULTS] + ((f"+{more}",) if more > 0 else ())


def named_fields(faults: Iterable[str]) -> list[str]:
    """Each once: one that may be of several types breaks the rule of each."""
    return [*dict.fromkeys(fault.partition(":")[0] for fault in faults if not fault.startswith("+"))]


def explanation(faults: Iterable[str]) -> str:
    return "; ".join(map(sentence, faults))


def sentence(fault: str) -> str:
    """What is wrong and what would be right, without the value. Codes of newer code read as the field's rule."""
    if fault.startswith("+"):
        return f"and {fault[1:]} more"
    field, _, code = fault.partition(":")
    rule = RULES.get(field, "breaks its rule")
    match code:
        case "missing":
            return f"{field} is missing: it {rule}" if field in RULES else f"{field} is missing"
        case "above_limit":
            return f"{field} {_ABOVE_LIMIT.get(field, rule)}"
        case "not_unicode":
            return f"{field} holds text that is no Unicode"
        case _:
            return f"{field} {rule}"
