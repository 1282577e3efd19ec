"""Pods become events. What was said is written on the pod, so a worker that starts says only what is missing."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import httpx

from kubernetes_worker import jobs, reports
from kubernetes_worker.api import Expired, KubernetesApi, NotThere
from kubernetes_worker.desk import Publish
from kubernetes_worker.reports import Told
from kubernetes_worker.transports import NotAccepted

Json = dict[str, Any]

LOG: Final = logging.getLogger("kubernetes_worker")
STARTED, ENDED = "started", "ended"
_PAUSE_SECONDS: Final = 1.0
_GLANCE_SECONDS: Final = 0.2
_SWEEP_SECONDS: Final = 30.0


class Watcher:
    """Follows the pods of one namespace."""

    def __init__(
        self, api: KubernetesApi, publish: Publish, stopping: threading.Event, pool: ThreadPoolExecutor
    ) -> None:
        self._api, self._publish, self._stopping, self._pool = api, publish, stopping, pool
        self._said: dict[str, str] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._waiting: dict[str, Told] = {}
        """Pods that do not run yet: from `expires_at` on they must not begin to."""

    def follow(self) -> None:
        """List, then watch from there, until told to stop; a watch that breaks goes on where it broke."""
        version: str | None = None
        while not self._stopping.is_set():
            try:
                if version is None:
                    pods, version = self._api.pods(jobs.SELECTOR)
                    for pod in pods:
                        self._look(pod)
                for kind, pod in self._api.watch_pods(jobs.SELECTOR, version):
                    if self._stopping.is_set():
                        return
                    version = pod["metadata"]["resourceVersion"]
                    self._take(kind, pod)
            except Expired:
                LOG.info("the watch's version is too old: listing again")
                version = None
            except (httpx.HTTPError, ValueError) as error:
                LOG.warning("the watch broke: %s", type(error).__name__)
                self._stopping.wait(_PAUSE_SECONDS)

    def sweep(self) -> None:
        """Bar what expired before it ran, and let go of names that no create can ask for any more."""
        while not self._stopping.wait(_GLANCE_SECONDS):
            try:
                for pod in list(self._waiting.values()):
                    self._bar_if_expired(pod, datetime.now(UTC))
            except httpx.HTTPError as error:
                LOG.warning("the sweep broke: %s", type(error).__name__)

    def forget(self) -> None:
        """Suspended Jobs never finish, so nothing else removes them."""
        while not self._stopping.wait(_SWEEP_SECONDS):
            try:
                self.forget_once(datetime.now(UTC))
            except httpx.HTTPError as error:
                LOG.warning("forgetting broke: %s", type(error).__name__)

    def forget_once(self, now: datetime) -> None:
        for job in self._api.jobs(jobs.SELECTOR):
            until = (job["metadata"].get("annotations") or {}).get(jobs.BARRED_UNTIL)
            if until is not None and datetime.fromisoformat(until) < now:
                self._quietly(partial(self._api.delete_job, job["metadata"]["name"]))

    def _take(self, kind: str, pod: Json) -> None:
        if kind in {"ADDED", "MODIFIED"}:
            self._look(pod)
        elif kind == "DELETED":
            name = pod["metadata"]["name"]
            for memory in (self._said, self._locks, self._waiting):
                memory.pop(name, None)

    def _look(self, pod: Json) -> None:
        if jobs.EXECUTION in (pod["metadata"].get("annotations") or {}):
            with suppress(RuntimeError):  # the pool is closed: the worker stops
                self._pool.submit(self._report_until_done, Told(pod))

    def _report_until_done(self, pod: Told) -> None:
        while not self._stopping.is_set():
            try:
                with self._locks.setdefault(pod.name, threading.Lock()), suppress(NotThere):
                    self._report(pod)
            except (httpx.HTTPError, NotAccepted) as error:
                LOG.warning("%s is not reported yet: %s", pod.name, type(error).__name__)
                self._stopping.wait(_PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - in a pool's thread nobody would hear of it
                # Its words may hold what a script printed.
                LOG.error("%s cannot be reported: %s", pod.name, type(error).__name__)  # noqa: TRY400 - as said
                return
            else:
                return

    def _report(self, pod: Told) -> None:
        said = self._said.get(pod.name) or pod.annotations.get(jobs.SAID)
        if said == ENDED or (pod.leaving and not pod.ended):
            return
        if pod.why_it_never_runs is not None:
            self._never_ran(pod)
        elif pod.ran is None:
            self._waiting[pod.name] = pod
        else:
            self._waiting.pop(pod.name, None)
            if said is None:
                self._started(pod)
            if pod.ended and not self._is_barred(pod):
                body = reports.ended(pod, self._api.log(pod.name, reports.MOST_OUTPUT_BYTES))
                self._say(pod, body, ENDED)

    def _started(self, pod: Told) -> None:
        """First its limit, which the kubelet then keeps whatever becomes of this worker."""
        if not pod.ended:
            self._quietly(
                lambda: self._api.patch_pod(pod.name, {"spec": {"activeDeadlineSeconds": reports.deadline(pod)}})
            )
        self._say(pod, reports.started(pod), STARTED)

    def _never_ran(self, pod: Told) -> None:
        self._waiting.pop(pod.name, None)
        if not self._is_barred(pod):
            message = f"the container cannot be started: {pod.why_it_never_runs}"
            self._say(pod, reports.never_ran(pod.annotations, "RuntimeUnavailable", message), ENDED)
        # The kubelet would try again, and what was told as failed must not run after all.
        self._bar(pod)

    def _say(self, pod: Told, body: Json, said: str) -> None:
        """Accepted, then noted: what is lost in between is said twice, with one id."""
        self._publish(body, pod.annotations[jobs.EXECUTION])
        self._said[pod.name] = said
        self._quietly(lambda: self._api.patch_pod(pod.name, {"metadata": {"annotations": {jobs.SAID: said}}}))

    def _is_barred(self, pod: Told) -> bool:
        """A delete that came first has the last word, also over what had ended and was not told yet."""
        try:
            job = self._api.job(jobs.name_of(pod.annotations[jobs.EXECUTION]))
        except NotThere:
            return True
        return jobs.BARRED_UNTIL in (job["metadata"].get("annotations") or {})

    def _bar_if_expired(self, pod: Told, now: datetime) -> None:
        if datetime.fromisoformat(pod.annotations[jobs.EXPIRES]) <= now:
            self._waiting.pop(pod.name, None)
            self._bar(pod)

    def _bar(self, pod: Told) -> None:
        until = jobs.surely_expired(datetime.fromisoformat(pod.annotations[jobs.EXPIRES]))
        self._quietly(lambda: self._api.patch_job(jobs.name_of(pod.annotations[jobs.EXECUTION]), jobs.bar(until)))

    def _quietly(self, call: Callable[[], None]) -> None:
        """What is gone needs nothing any more."""
        try:
            call()
        except NotThere:
            return
