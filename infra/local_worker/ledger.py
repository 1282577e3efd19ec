"""What the worker remembers: pods, messages seen, deletes. Pure bookkeeping; every decision of the contract about
order and repetition is here.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from local_worker.commands import CreatePodCommand, DeletePodCommand, has_expired


class Verdict(StrEnum):
    """What became of a command; everything except `created` and `deleted` changes nothing."""

    CREATED = "created"
    DELETED = "deleted"
    DUPLICATE = "duplicate"
    """This message was acted on before."""
    POD_EXISTS = "pod_exists"
    """Another message, the same execution: its pod's identity is taken."""
    REFUSED_DELETED = "refused_deleted"
    """The delete came first, and wins."""
    REFUSED_EXPIRED = "refused_expired"
    """At or after `expires_at`: its delete may be forgotten by now."""
    NOTHING_TO_DELETE = "nothing_to_delete"
    """No pod yet, or no longer; the delete is remembered all the same."""


class PodState(StrEnum):
    """A pod's life on this worker."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    DELETED = "deleted"


@dataclass
class Pod:
    """One execution's pod."""

    command: CreatePodCommand
    state: PodState = PodState.PENDING

    @property
    def name(self) -> str:
        return pod_name(self.command.execution_id)


def pod_name(execution_id: str) -> str:
    """Identity derives from the execution alone; hashed, since Kubernetes names know neither capitals nor
    underscores.
    """
    return f"execution-{hashlib.sha256(execution_id.encode()).hexdigest()[:40]}"


@dataclass
class Ledger:
    """Not thread-safe by itself: the worker calls it under its lock."""

    remember_deletes_for: timedelta
    """At least the orchestrator's start deadline: a delete's timestamp plus this is never before its create's
    `expires_at`.
    """

    pods: dict[str, Pod] = field(default_factory=dict)
    _messages: dict[str, datetime] = field(default_factory=dict)
    _tombstones: dict[str, datetime] = field(default_factory=dict)

    def create(self, command: CreatePodCommand, now: datetime) -> Verdict:
        """Admit a create, or say why not."""
        self._forget(now)
        if command.message_id in self._messages:
            return Verdict.DUPLICATE
        if has_expired(command, now):
            return Verdict.REFUSED_EXPIRED
        # Later than expires_at the refusal above answers a repetition, so the id need not be kept longer.
        self._messages[command.message_id] = command.expires_at
        if command.execution_id in self._tombstones:
            return Verdict.REFUSED_DELETED
        if command.execution_id in self.pods:
            return Verdict.POD_EXISTS
        self.pods[command.execution_id] = Pod(command)
        return Verdict.CREATED

    def delete(self, command: DeletePodCommand, now: datetime) -> Verdict:
        """Remember the delete, then take the pod away if there is one that still waits or runs."""
        self._forget(now)
        seen = command.message_id in self._messages
        until = max(command.timestamp, now) + self.remember_deletes_for
        self._messages[command.message_id] = until
        self._tombstones[command.execution_id] = until
        if seen:
            return Verdict.DUPLICATE
        pod = self.pods.get(command.execution_id)
        if pod is None or pod.state in {PodState.FINISHED, PodState.DELETED}:
            return Verdict.NOTHING_TO_DELETE
        pod.state = PodState.DELETED
        return Verdict.DELETED

    def start(self, execution_id: str, now: datetime) -> Pod | None:
        """A pod that waited for room starts now, unless it was deleted or expired meanwhile (then its delete is on
        the way).
        """
        pod = self.pods.get(execution_id)
        if pod is None or pod.state is not PodState.PENDING or has_expired(pod.command, now):
            return None
        pod.state = PodState.RUNNING
        return pod

    def finish(self, execution_id: str) -> bool:
        """The script has ended; False when a delete took the pod first, and then nothing is to be published."""
        pod = self.pods.get(execution_id)
        if pod is None or pod.state is not PodState.RUNNING:
            return False
        pod.state = PodState.FINISHED
        return True

    def _forget(self, now: datetime) -> None:
        for memory in (self._messages, self._tombstones):
            for key in [key for key, until in memory.items() if until < now]:
                del memory[key]
        done = {PodState.FINISHED, PodState.DELETED}
        for key in [key for key, pod in self.pods.items() if pod.state in done and has_expired(pod.command, now)]:
            del self.pods[key]
