"""Manifests: what a command asks for, in the words of Kubernetes. Pure."""

import base64
import hashlib
import math
from datetime import datetime, timedelta
from typing import Any, Final

from kubernetes_worker.commands import Create, Delete

Json = dict[str, Any]

PREFIX: Final = "saga-orchestrator/"
EXECUTION, MESSAGE, CORRELATION = (f"{PREFIX}{name}" for name in ("execution-id", "message-id", "correlation-id"))
TIMEOUT, EXPIRES, BARRED_UNTIL, SAID = (
    f"{PREFIX}{name}" for name in ("timeout-seconds", "expires-at", "barred-until", "said")
)
LABELS: Final = {"app.kubernetes.io/managed-by": "saga-kubernetes-worker"}
SELECTOR: Final = "app.kubernetes.io/managed-by=saga-kubernetes-worker"
_FOLDER: Final = "/execution"
_NOBODY: Final = 65532
_CLOCKS: Final = timedelta(minutes=15)
"""By so much may the clocks of this worker, the stack and the cluster differ."""


def name_of(execution_id: str) -> str:
    """Names know neither capitals nor underscores; the id itself is an annotation: a label holds 63 characters."""
    return f"execution-{hashlib.sha256(execution_id.encode()).hexdigest()[:40]}"


def job(command: Create, now: datetime) -> Json:
    """A Job that runs the script once. Its name is taken until no create of the execution can be obeyed any more."""
    until_expired = max(0, math.ceil((command.expires_at - now).total_seconds()))
    # The pod's own limit is set when it starts; these two only bound what never does, or whose worker has gone.
    backstop = until_expired + command.timeout_seconds + 60
    return {
        **_head(name_of(command.execution_id), _annotations(command)),
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": backstop + 60,
            "ttlSecondsAfterFinished": until_expired + int(_CLOCKS.total_seconds()),
            "template": {
                "metadata": {"labels": LABELS, "annotations": _annotations(command)},
                "spec": {**_pod(command), "activeDeadlineSeconds": backstop},
            },
        },
    }


def barred(execution_id: str, until: datetime) -> Json:
    """A Job that never runs and takes the name, so that a create which comes later meets it."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "none", "image": "none"}]}
    annotations = {EXECUTION: execution_id, BARRED_UNTIL: until.isoformat()}
    spec = {"suspend": True, "backoffLimit": 0, "template": {"metadata": {"labels": LABELS}, "spec": pod}}
    return {**_head(name_of(execution_id), annotations), "spec": spec}


def bar(until: datetime) -> Json:
    """The patch that ends a Job's pod and leaves its name taken: a suspended Job has no pods."""
    return {"metadata": {"annotations": {BARRED_UNTIL: until.isoformat()}}, "spec": {"suspend": True}}


def facts(command: Create | Delete) -> Json:
    """What every event that follows a command tells of it; a pod has them as annotations."""
    return {
        EXECUTION: command.execution_id,
        MESSAGE: command.message_id,
        CORRELATION: command.correlation_id or command.message_id,
    }


def surely_expired(expires_at: datetime) -> datetime:
    """From then on no clock takes the create for one that may still be obeyed."""
    return expires_at + _CLOCKS


def barred_until(command_time: datetime, now: datetime, remember: timedelta) -> datetime:
    return max(command_time, now) + remember


def secret(command: Create, script: bytes, owner: Json) -> Json:
    """The script, which goes with its Job. Its pod waits until it is there."""
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": owner["name"], "uid": owner["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name_of(command.execution_id), "labels": LABELS, "ownerReferences": [reference]},
        "immutable": True,
        "data": {command.runtime_filename: base64.b64encode(script).decode()},
    }


def _head(name: str, annotations: Json) -> Json:
    metadata = {"name": name, "labels": LABELS, "annotations": annotations}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}


def _annotations(command: Create) -> Json:
    return {
        **facts(command),
        TIMEOUT: str(command.timeout_seconds),
        EXPIRES: command.expires_at.isoformat(),
    }


def _pod(command: Create) -> Json:
    name = name_of(command.execution_id)
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "priorityClassName": f"execution-{command.priority}",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _NOBODY,
            "runAsGroup": _NOBODY,
            "fsGroup": _NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(command)],
        "volumes": [
            {"name": "script", "secret": {"secretName": name, "defaultMode": 0o440}},
            {"name": "scratch", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }


def _container(command: Create) -> Json:
    # `$(NAME)` is a reference to a variable in a command, and `$$` the way to say a dollar.
    words = [word.replace("$", "$$") for word in (*command.runtime_command, command.runtime_filename)]
    return {
        "name": "script",
        "image": command.runtime_image,
        "command": words,
        "workingDir": _FOLDER,
        "env": [{"name": "HOME", "value": "/tmp"}, {"name": "TMPDIR", "value": "/tmp"}],  # noqa: S108 - of the container
        "resources": {
            "limits": {"cpu": command.cpu_limit, "memory": command.memory_limit},
            "requests": {"cpu": command.cpu_request, "memory": command.memory_request},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "script", "mountPath": _FOLDER, "readOnly": True},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - of the container
        ],
    }
