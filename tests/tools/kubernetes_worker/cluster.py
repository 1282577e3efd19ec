"""A cluster's jobs, pods and secrets, with the part of their life that a worker sees. Scripts really run."""

import base64
import copy
import re
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from local_worker.refusals import RuntimeUnavailableError
from local_worker.sandboxing import Limits, RunResult, Sandbox, argument_vector, memory_bytes
from tests.tools.kubernetes_worker.objects import merge, now, selected

Json = dict[str, Any]

NO_SUCH_IMAGE: Final = "registry.invalid/nothing:1"
_QUANTITY: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?")


class ApiError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _Life:
    """What the kubelet knows of a pod and the API does not show."""

    sandbox: Sandbox | None = None
    log: bytes = b""
    leaves: bool = False
    scheduled: bool = False
    out_of_time: bool = False


@dataclass
class Cluster:
    """One namespace. `room`: how many pods run at once."""

    room: int = 8
    jobs: dict[str, Json] = field(default_factory=dict)
    pods: dict[str, Json] = field(default_factory=dict)
    secrets: dict[str, Json] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)
    history: list[tuple[int, str, Json]] = field(default_factory=list)
    version: int = 1
    forgotten: int = 0  # a watch from an older version than this is too late
    epoch: int = 0
    _lives: dict[str, _Life] = field(default_factory=dict)

    def create_job(self, job: Json) -> Json:
        name = job["metadata"]["name"]
        for container in job["spec"]["template"]["spec"]["containers"]:
            for kind in container.get("resources", {}).values():
                for resource, text in kind.items():
                    if not _QUANTITY.fullmatch(text):
                        raise ApiError(400, f"Job in version v1 cannot be handled: {resource}: quantities must match")
        with self.news:
            if name in self.jobs:
                raise ApiError(409, f'jobs.batch "{name}" already exists')
            self.version += 1
            kept = copy.deepcopy(job)
            kept["metadata"] |= {"uid": str(uuid.uuid4()), "resourceVersion": str(self.version)}
            self.jobs[name] = kept
            if not kept["spec"].get("suspend"):
                self._spawn(kept)
            return copy.deepcopy(kept)

    def patch_job(self, name: str, patch: Json) -> Json:
        with self.news:
            job = self._found(self.jobs, name)
            merge(job, patch)
            if job["spec"].get("suspend"):
                for pod in self._pods_of(name):
                    if pod["status"]["phase"] not in {"Succeeded", "Failed"}:
                        self._delete_pod(pod)
            return copy.deepcopy(job)

    def delete_job(self, name: str) -> Json:
        with self.news:
            self._found(self.jobs, name)
            del self.jobs[name]
            self.secrets.pop(name, None)
            for pod in self._pods_of(name):
                self._delete_pod(pod)
            return {"kind": "Status", "status": "Success"}

    def create_secret(self, secret: Json) -> Json:
        with self.news:
            name = secret["metadata"]["name"]
            if name in self.secrets:
                raise ApiError(409, f'secrets "{name}" already exists')
            owner = secret["metadata"]["ownerReferences"][0]
            if self._found(self.jobs, owner["name"])["metadata"]["uid"] != owner["uid"]:
                raise ApiError(422, "another owner")
            self.secrets[name] = secret
            self.news.notify_all()
            return secret

    def patch_pod(self, name: str, patch: Json) -> Json:
        with self.news:
            pod = self._found(self.pods, name)
            wanted = patch.get("spec", {}).get("activeDeadlineSeconds")
            if wanted is not None and wanted > pod["spec"]["activeDeadlineSeconds"]:
                raise ApiError(422, "activeDeadlineSeconds must not grow")
            merge(pod, patch)
            self._tell("MODIFIED", pod)
            if wanted is not None:
                self._limit(name, wanted)
            return copy.deepcopy(pod)

    def one(self, kind: str, name: str) -> Json:
        with self.news:
            return copy.deepcopy(self._found(getattr(self, kind), name))

    def listed(self, kind: str, selector: str) -> Json:
        with self.news:
            objects = [copy.deepcopy(each) for each in getattr(self, kind).values() if selected(each, selector)]
            return {"kind": "List", "metadata": {"resourceVersion": str(self.version)}, "items": objects}

    def watched(self, version: int, selector: str, seconds: float) -> Iterator[Json]:
        """Events after `version`, as long as nobody drops the watch."""
        end, epoch = time.monotonic() + seconds, self.epoch
        while True:
            with self.news:
                if version < self.forgotten:
                    yield {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
                    return
                found = [each for each in self.history if each[0] > version]
                if not found:
                    self.news.wait(0.2)
                if epoch != self.epoch:
                    raise ConnectionResetError
            for seen, kind, pod in found:
                version = max(version, seen)
                if selected(pod, selector):
                    yield {"type": kind, "object": pod}
            if time.monotonic() > end:
                return

    def log_of(self, name: str) -> bytes:
        with self.news:
            self._found(self.pods, name)
            return self._lives[name].log

    def drop_watches(self) -> None:
        with self.news:
            self.epoch += 1
            self.news.notify_all()

    def forget_history(self) -> None:
        """As etcd compacts it: who watches from before must list again."""
        with self.news:
            self.history.clear()
            self.forgotten = self.version
            self.epoch += 1
            self.news.notify_all()

    def close(self) -> None:
        with self.news:
            for pod in list(self.pods.values()):
                self._delete_pod(pod)

    def _spawn(self, job: Json) -> None:
        template, name = job["spec"]["template"], f"{job['metadata']['name']}-{uuid.uuid4().hex[:5]}"
        pod = {
            "metadata": copy.deepcopy(template["metadata"]) | {"name": name, "uid": str(uuid.uuid4())},
            "spec": copy.deepcopy(template["spec"]),
            "status": {"phase": "Pending"},
        }
        pod["metadata"]["labels"] = {**pod["metadata"].get("labels", {}), "job-name": job["metadata"]["name"]}
        self.pods[name], self._lives[name] = pod, _Life()
        self._tell("ADDED", pod)
        threading.Thread(target=self._live, args=(name,), name=name, daemon=True).start()

    def _live(self, name: str) -> None:
        with self.news:
            life = self._lives[name]
            # Nothing else runs it: room first, then its volumes, as scheduler and kubelet have it.
            self.news.wait_for(lambda: life.leaves or (self._is_next(name) and self._has_room()))
            if life.leaves:
                return self._remove(name)
            pod, life.scheduled = self.pods[name], True
            self.news.notify_all()
            pod["spec"]["nodeName"] = "node-1"
            pod["status"] |= {"startTime": now()}
            try:
                sandbox, words = self._sandbox(pod)
            except RuntimeUnavailableError:
                return self._end(name, {"exitCode": 128, "reason": "StartError"})
            if pod["spec"]["containers"][0]["image"] == NO_SUCH_IMAGE:
                return self._status(name, "Pending", {"waiting": {"reason": "ImagePullBackOff"}})
            life.sandbox = sandbox
            begun = now()
            self._status(name, "Running", {"running": {"startedAt": begun}})
        self._ended(name, begun, sandbox.run(words))
        return None

    def _ended(self, name: str, begun: str, result: RunResult) -> None:
        with self.news:
            life = self._lives[name]
            life.log = bytes(result.stdout.kept + result.stderr.kept)
            if life.leaves:
                return self._remove(name)
            ended = {"exitCode": result.exit_code, "startedAt": begun, "finishedAt": now(), "reason": "Completed"}
            return self._end(name, ended, **({"reason": "DeadlineExceeded"} if life.out_of_time else {}))

    def _end(self, name: str, terminated: Json, **status: str) -> None:
        self.pods[name]["status"] |= status
        self._status(name, "Failed" if terminated["exitCode"] else "Succeeded", {"terminated": terminated})

    def _status(self, name: str, phase: str, state: Json) -> None:
        container = {"name": "script", "state": state, "containerID": f"containerd://{name}"}
        self.pods[name]["status"] |= {"phase": phase, "containerStatuses": [container]}
        self._tell("MODIFIED", self.pods[name])

    def _is_next(self, name: str) -> bool:
        """The first of those that wait with their script."""
        waiting = (
            pod for pod, life in self._lives.items() if pod in self.pods and not life.leaves and not life.scheduled
        )
        ready = (pod for pod in waiting if self._secret_of(pod) in self.secrets)
        return next(ready, None) == name

    def _has_room(self) -> bool:
        running = [pod for pod in self.pods.values() if pod["status"]["phase"] == "Running"]
        return len(running) < self.room

    def _secret_of(self, name: str) -> str:
        volumes = self.pods[name]["spec"]["volumes"]
        return str(next(each["secret"]["secretName"] for each in volumes if "secret" in each))

    def _sandbox(self, pod: Json) -> tuple[Sandbox, list[str]]:
        container = pod["spec"]["containers"][0]
        words = [word.replace("$$", "$") for word in container["command"]]
        ((filename, content),) = self.secrets[self._secret_of(pod["metadata"]["name"])]["data"].items()
        limits = Limits(3600, memory_bytes(container["resources"]["limits"]["memory"]), 5)
        return Sandbox(base64.b64decode(content), filename, limits), argument_vector(words[:-1], words[-1])

    def _limit(self, name: str, seconds: int) -> None:
        begun = datetime.fromisoformat(self.pods[name]["status"]["startTime"]).timestamp()

        def strike() -> None:
            life = self._lives[name]
            if life.sandbox is not None and life.sandbox.alive:
                life.out_of_time = True
                life.sandbox.kill()

        timer = threading.Timer(max(0.0, begun + seconds - time.time()), strike)
        timer.daemon = True
        timer.start()

    def _delete_pod(self, pod: Json) -> None:
        name = pod["metadata"]["name"]
        life = self._lives[name]
        if life.leaves:
            return
        life.leaves = True
        pod["metadata"]["deletionTimestamp"] = now()
        self._tell("MODIFIED", pod)
        if life.sandbox is not None and life.sandbox.alive:
            life.sandbox.kill()
        elif pod["status"]["phase"] != "Pending" or "containerStatuses" in pod["status"]:
            self._remove(name)

    def _remove(self, name: str) -> None:
        self._tell("DELETED", self.pods.pop(name))

    def _pods_of(self, job: str) -> list[Json]:
        return [pod for pod in self.pods.values() if pod["metadata"]["labels"]["job-name"] == job]

    def _tell(self, kind: str, pod: Json) -> None:
        self.version += 1
        pod["metadata"]["resourceVersion"] = str(self.version)
        self.history.append((self.version, kind, copy.deepcopy(pod)))
        self.news.notify_all()

    def _found(self, objects: dict[str, Json], name: str) -> Json:
        if name not in objects:
            raise ApiError(404, f'"{name}" not found')
        return objects[name]
