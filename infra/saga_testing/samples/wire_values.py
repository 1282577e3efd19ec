"""Values at the boundary of every rule of the wire: the last that are taken and the first that are not."""

from typing import Any, Final

TOP: Final = 2**31 - 1
REFERENCE: dict[str, Any] = {"bucket": "scripts-1", "key": "a/key", "size": 5, "sha256": "0f" * 32}


WIDE: dict[str, dict[str, Any]] = {
    "EXECUTION_REQUESTED": {
        "cpu_limit": "1e999",
        "memory_limit": "1e999",
        "cpu_request": "1n",
        "memory_request": "1",
    }
}
"""So that no quantity under test is a request above its limit."""


DIGEST = "sha256:" + "0f" * 32
GOOD_IMAGES: list[Any] = [
    "a",
    "python:3.11-slim",
    "a" * 255,
    "a" * 255 + ":" + "T" * 128,
    "localhost:5000/a/b-c__d.e:V_1.0",
    "registry.example/team/python@" + DIGEST,
    "Registry.Example:443/python:3@" + DIGEST,
    "[::1]:5000/a",
]
BAD_IMAGES: list[Any] = [
    "",
    "/a",
    "a/",
    "a//b",
    "a" * 256,
    "b" * 256 + ":1",
    "a b",
    "Python",
    "a/Python",
    "https://registry.example/python:3",
    "a:",
    "a:-1",
    "a:" + "T" * 129,
    "a@sha256:0f",
    "a@" + DIGEST.upper(),
    "a..b",
    "a_-b",
    "-a",
    "a\n",
    "\u00e4",
    "\ud800",
    5,
    None,
]
QUANTITIES: list[Any] = [
    *("1", "+1", "9999", "1.5", "1.5000", "1.", "01", "1k", "512Mi", "1M", "1Ti", "2E", "2e3", "2E3", "1e+3", "1P"),
    *("10000e-3", "2Ki", "1Pi", "1Ei", "1G", "1T", "9" * 64, "1e999", "1000m", "1000000u", "1000000000n", ".5Gi"),
]
NO_QUANTITIES: list[Any] = [
    *(
        "",
        "0",
        "0.000",
        "0m",
        "00000",
        "0Ki",
        "-1",
        "1K",
        "512K",
        "1ki",
        "1kI",
        "1mi",
        "1g",
        "1i",
        "1 Mi",
        "1Mi\n",
        ".",
    ),
    *("1e", "1e1.5", "1e3k", "1.5.1", "0x1", "1_0", "\u0661\u0660m", "9" * 65, "1MiB", "Mi", "+", "\ud800"),
    1,
    None,
]

CASES: list[tuple[str, str, list[Any], list[Any]]] = [
    ("EXECUTION_STARTED", "event_id", ["a", "A.z_9:-", "e" * 128], ["", "e" * 129, "a b", "a\n", "ä", 5, None]),
    ("EXECUTION_STARTED", "execution_id", ["a", "A-z_9", "e" * 64], ["", "e" * 65, "a.b", "a:b", "a\n", 5, None]),
    ("EXECUTION_STARTED", "event_type", ["execution_started"], [5, None]),
    ("EXECUTION_STARTED", "event_version", ["1.0"], [1.0, None]),
    ("EXECUTION_STARTED", "aggregate_id", [None, "", "a" * 256], ["a" * 257, 5]),
    (
        "EXECUTION_STARTED",
        "timestamp",
        [
            "2026-11-24T06:00:00Z",
            "2026-11-24t06:00:00z",
            "2026-11-24T06:00:00.1+00:00",
            "2026-11-24T06:00:00.123456789-05:30",
            "2026-11-24T06:00:00.12345678901234567890-00:00",
            "2016-12-31T23:59:60Z",
            "2016-12-31t18:29:60.5-05:30",
            "2024-02-29T00:00:00+23:59",
            "2000-02-29T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:60-23:59",
        ],
        [
            "2026-11-24T06:00:00",
            "2026-11-24 06:00:00Z",
            "2026-11-24T06:00:00.Z",
            "2026-11-24T06:00:61Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T06:60:00Z",
            "2026-11-24T06:00:00+24:00",
            "2026-11-24T06:00:00+00:60",
            "2026-11-24T06:00:00+0100",
            "2026-13-24T06:00:00Z",
            "2026-00-24T06:00:00Z",
            "2026-11-00T06:00:00Z",
            "2026-11-31T06:00:00Z",
            "2026-02-29T06:00:00Z",
            "1900-02-29T06:00:00Z",
            "\u0662026-11-24T06:00:00Z",
            "2026-11-24T06:00:00Z\n",
            "2026-11-24",
            5,
            None,
        ],
    ),
    ("EXECUTION_STARTED", "pod_name", [None, "p", "p" * 300], ["", "a b", "p\n", "\ud83d", 5]),
    ("EXECUTION_STARTED", "node_name", [None, "n", "n" * 300], ["", "a\0", 5]),
    ("EXECUTION_STARTED", "container_id", [None, "", "c" * 256], ["c" * 257, 5]),
    (
        "EXECUTION_COMPLETED",
        "exit_code",
        [0, 0.0, -0.0, 3e1, 3221225477, 2 * TOP + 1, -TOP - 1],
        [2 * TOP + 2, -TOP - 2, "0", 0.5, float("inf"), True, None],
    ),
    ("EXECUTION_COMPLETED", "resource_usage", [None, {}, {"cpu": 1}, {"note\udc00": "\ud800"}], [[], "x"]),
    ("EXECUTION_COMPLETED", "stdout", ["", "x" * (6 * 1024 * 1024)], ["x" * (6 * 1024 * 1024 + 1), 5, None]),
    ("EXECUTION_COMPLETED", "stderr", ["", "x" * (6 * 1024 * 1024)], ["x" * (6 * 1024 * 1024 + 1), 5, None]),
    ("EXECUTION_FAILED", "exit_code", [0, 137.0, 2 * TOP + 1, -TOP - 1], [2 * TOP + 2, -TOP - 2, "0", 1.5, None]),
    ("EXECUTION_FAILED", "error_type", [None, "", "E" * 4096], ["E" * 4097, 5]),
    ("EXECUTION_FAILED", "error_message", [""], [5, None]),
    ("EXECUTION_TIMEOUT", "timeout_seconds", [0, 60.0, TOP], [-1, TOP + 1, "1", 1.5, None]),
    ("EXECUTION_TIMEOUT", "stdout", [""], [5, None]),
    ("EXECUTION_CANCELLED", "reason", ["", "r" * 65_536], ["r" * 65_537, 5, None]),
    ("EXECUTION_CANCELLED", "cancelled_by", [None, "a", "spiffe://trust/ns/a"], ["", "a b", "a..b", "\ud800", 5]),
    ("EXECUTION_CANCELLED", "force_terminated", [True, False], ["true", 1, None]),
    ("EXECUTION_REQUESTED", "script", ["", "x"], [5, None, "\ud800"]),
    ("EXECUTION_REQUESTED", "script_ref", [None], [REFERENCE, {}, "x"]),
    ("EXECUTION_REQUESTED", "language", ["a", "9+._-", "a" * 32], ["", "A", "-a", "a" * 33, "a b", 5, None]),
    ("EXECUTION_REQUESTED", "language_version", ["3", "A+._-9", "a" * 32], ["", "-3", "a" * 33, "3 1", 5, None]),
    ("EXECUTION_REQUESTED", "runtime_image", GOOD_IMAGES, BAD_IMAGES),
    (
        "EXECUTION_REQUESTED",
        "runtime_command",
        [["a"], ["", "ä b"], ["a"] * 64, ["a" * 16_384], ["a" * 16_383, "b"], ["ä" * 8_192]],
        [[], ["a"] * 65, ["a" * 16_385], ["a" * 16_383, "bc"], ["ä" * 8_193], ["a", "b\0c"], [5], "a", None],
    ),
    ("EXECUTION_REQUESTED", "runtime_filename", ["a", "_Z9.-", "a" * 128], ["", ".a", "-a", "a/b", "a" * 129, 5, None]),
    (
        "EXECUTION_REQUESTED",
        "timeout_seconds",
        [1, 60.0, 3e1, TOP],
        [0, 0.0, TOP + 1, "1", 60.5, float("inf"), True, None],
    ),
    *[
        ("EXECUTION_REQUESTED", name, [*QUANTITIES, "0.1m", "1n", "1u"], NO_QUANTITIES)
        for name in ("cpu_limit", "cpu_request")
    ],
    *[
        ("EXECUTION_REQUESTED", name, QUANTITIES, [*NO_QUANTITIES, "999m", "0.999", "1u", "1n", "1e-1"])
        for name in ("memory_limit", "memory_request")
    ],
    ("EXECUTION_REQUESTED", "priority", ["critical", "high", "normal", "low", "background"], ["", "HIGH", None, 1]),
]
