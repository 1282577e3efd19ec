"""Commands become Jobs. Every decision about order and repetition is the API server's: a name can be taken once."""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kubernetes_worker import jobs
from kubernetes_worker.api import Conflict, KubernetesApi, NotThere, Refused
from kubernetes_worker.commands import Create, Delete, Malformed, parse
from kubernetes_worker.reports import event, never_ran

Json = dict[str, Any]

_CONFIRM_SECONDS: Final = 60.0
_GLANCE_SECONDS: Final = 0.2


class Unusable(Exception):
    """The script is not the announced one, or not to be had."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


Publish = Callable[[Json, str], None]
"""An event, and the execution that its record's key is. Returns once it is accepted."""


@dataclass(frozen=True)
class Desk:
    """`fetch` reads an object of a bucket, or raises OSError."""

    api: KubernetesApi
    publish: Publish
    fetch: Callable[[str, str], bytes]
    remember: timedelta
    pool: ThreadPoolExecutor

    def obey(self, body: Any) -> str:
        """Act on one command, and say in a word what became of it. What raises has not been obeyed, and comes again."""
        try:
            command = parse(body)
        except Malformed as malformed:
            return f"dropped, malformed: {malformed}"
        if command is None:
            return "not ours"
        done = self._delete(command) if isinstance(command, Delete) else self._create(command)
        return f"{done} {command.execution_id}"

    def _create(self, command: Create) -> str:
        now = datetime.now(UTC)
        if command.expired(now):
            return "refused, expired:"
        try:
            script = self._script(command)
            job = self.api.create_job(jobs.job(command, now))
        except Unusable as unusable:
            return self._fail(command, unusable.kind, str(unusable))
        except Refused:
            # Its words may repeat what the user wrote, so they stay here.
            return self._fail(command, "InvalidLimits", "the cluster refuses what the command asks for")
        except Conflict:
            known = self.api.job(jobs.name_of(command.execution_id))
            if not _is_made_for(known, command):
                return "refused, its name is taken:"
            job = known  # this very message, perhaps cut short between the Job and its script
        try:
            self.api.create_secret(jobs.secret(command, script, job["metadata"]))
        except Conflict:
            return "known"
        return "created"

    def _script(self, command: Create) -> bytes:
        reference = command.script_ref
        try:
            content = (
                command.script.encode() if command.script is not None else self.fetch(reference.bucket, reference.key)
            )
        except OSError as error:
            raise Unusable("ScriptUnavailable", "the script's reference cannot be read") from error
        if len(content) != reference.size or hashlib.sha256(content).hexdigest() != reference.sha256:
            raise Unusable("ScriptMismatch", "size or SHA-256 of the script is not what the command announces")
        return content

    def _fail(self, command: Create, kind: str, message: str) -> str:
        """Told once the name is taken, so that no other create of it runs; again only where that was cut short."""
        until = jobs.surely_expired(command.expires_at)
        taken = jobs.barred(command.execution_id, until)
        taken["metadata"]["annotations"] |= {jobs.MESSAGE: command.message_id}
        name = jobs.name_of(command.execution_id)
        try:
            self.api.create_job(taken)
        except Conflict:
            told = self.api.job(name)["metadata"]["annotations"]
            if told.get(jobs.MESSAGE) != command.message_id or jobs.SAID in told:
                return "refused, its name is taken:"
        self.publish(never_ran(jobs.facts(command), kind, message), command.execution_id)
        self.api.patch_job(name, {"metadata": {"annotations": {jobs.SAID: "ended"}}})
        return f"failed, {kind}:"

    def _delete(self, command: Delete) -> str:
        """The pod goes and its name stays taken, in one write. Where there is no Job, one that never runs takes it."""
        until = jobs.barred_until(command.timestamp, datetime.now(UTC), self.remember)
        name = jobs.name_of(command.execution_id)
        try:
            self.api.patch_job(name, jobs.bar(until))
        except NotThere:
            try:
                self.api.create_job(jobs.barred(command.execution_id, until))
            except Conflict:  # a create came in between
                self.api.patch_job(name, jobs.bar(until))
        if command.operation_id is not None:
            # Not waited for here: an answer that a restart loses is asked for again by its saga.
            self.pool.submit(self._confirm, command, name)
        return "deleted"

    def _confirm(self, command: Delete, name: str) -> None:
        end = time.monotonic() + _CONFIRM_SECONDS
        while self._lives(name):
            if time.monotonic() > end:
                return
            time.sleep(_GLANCE_SECONDS)
        done = {"in_reply_to": command.message_id, "outcome": "done"}
        self.publish(event(jobs.facts(command), "COMMAND_REPLY", done), command.execution_id)

    def _lives(self, name: str) -> bool:
        pods, _ = self.api.pods(f"{jobs.SELECTOR},job-name={name}")
        return any(pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"} for pod in pods)


def _is_made_for(job: Json, command: Create) -> bool:
    told = job["metadata"].get("annotations") or {}
    return told.get(jobs.MESSAGE) == command.message_id and jobs.BARRED_UNTIL not in told
