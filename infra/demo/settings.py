"""The stack that the demo plays on: the real template with short deadlines, so that all can be seen in a minute."""

import json

from demo.cases import BURST_LANGUAGE, BURST_LIMIT
from demo.executions import ADMIN, SCRIPT_BUCKET
from demo.orders import ORDER_ATTEMPTS

START_DEADLINE_SECONDS = 25
"""Longer than any pod has to wait for room on a slow machine, short enough to watch one pass."""
RUN_GRACE_SECONDS = 20
CHECK_INTERVAL_SECONDS = 1.0
ORDER_REPLY_SECONDS = 10
APPROVAL_SECONDS = 15
"""Longer than an answer takes on a slow machine, short enough to watch attempts and approvals run out. With six seconds
for a reply a machine with twice its work had orders given up that were to be refused or answered."""
WORKER_CONCURRENCY = 12
"""Many of the scripts sleep; those that compute share two cores."""

PARAMETERS = {
    "StartDeadlineSeconds": str(START_DEADLINE_SECONDS),
    "RunGraceSeconds": str(RUN_GRACE_SECONDS),
    "LanguageLimits": json.dumps({BURST_LANGUAGE: BURST_LIMIT}),
    "AllowedLanguages": f"python,bash,ruby,{BURST_LANGUAGE}",
    "AllowedImages": "python:3.11-slim,debian:12-slim,ruby:3.3-slim",
    "AllowedScriptBuckets": SCRIPT_BUCKET,
    "AdminUsers": ADMIN,
    "ConfirmDeletes": "true",
    "OrderReplySeconds": str(ORDER_REPLY_SECONDS),
    "OrderAttempts": str(ORDER_ATTEMPTS),
    "ApprovalSeconds": str(APPROVAL_SECONDS),
}
