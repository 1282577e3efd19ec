"""The few calls of the Kubernetes API that the worker makes, over plain HTTP."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

Json = dict[str, Any]

_CONFLICT, _GONE, _NOT_FOUND = 409, 410, 404
_REFUSED: Final = frozenset({400, 422})
_MERGE: Final = {"Content-Type": "application/merge-patch+json"}


class Conflict(Exception):
    """The name is taken."""


class NotThere(Exception):
    """There is no such object any more."""


class Refused(Exception):
    """The API server will never take this object. The message is its own, which names fields and quantities."""


class Expired(Exception):
    """The watch's resource version is too old: list again."""


class _Token(httpx.Auth):
    """The service account's token, read for each request: kubelet renews the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]  # it sends nothing back
        request.headers["Authorization"] = f"Bearer {self._path.read_text(encoding='utf-8').strip()}"
        yield request


class KubernetesApi:
    """One namespace of one cluster."""

    def __init__(self, server: str, namespace: str, token: Path | None, authority: Path | None) -> None:
        verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=authority) if authority else True
        self._http = httpx.Client(
            base_url=server, auth=_Token(token) if token else None, verify=verify, timeout=30, trust_env=False
        )
        self._jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self._core = f"/api/v1/namespaces/{namespace}"

    def create_job(self, job: Json) -> Json:
        return self._call("POST", self._jobs, json=job)

    def create_secret(self, secret: Json) -> None:
        self._call("POST", f"{self._core}/secrets", json=secret)

    def job(self, name: str) -> Json:
        return self._call("GET", f"{self._jobs}/{name}")

    def patch_job(self, name: str, patch: Json) -> None:
        self._call("PATCH", f"{self._jobs}/{name}", content=json.dumps(patch), headers=_MERGE)

    def patch_pod(self, name: str, patch: Json) -> None:
        self._call("PATCH", f"{self._core}/pods/{name}", content=json.dumps(patch), headers=_MERGE)

    def jobs(self, selector: str) -> list[Json]:
        return list(self._call("GET", self._jobs, params={"labelSelector": selector})["items"])

    def delete_job(self, name: str) -> None:
        self._call("DELETE", f"{self._jobs}/{name}", params={"propagationPolicy": "Background"})

    def pods(self, selector: str) -> tuple[list[Json], str]:
        """The pods, and the version from which a watch goes on."""
        answer = self._call("GET", f"{self._core}/pods", params={"labelSelector": selector})
        return list(answer["items"]), str(answer["metadata"]["resourceVersion"])

    def log(self, pod: str, most_bytes: int) -> bytes:
        answer = self._http.get(f"{self._core}/pods/{pod}/log", params={"limitBytes": str(most_bytes)})
        _raise(answer)
        return answer.content

    def watch_pods(self, selector: str, version: str) -> Iterator[tuple[str, Json]]:
        """What happens to pods, until the server ends the watch. Raises Expired where the version is too old."""
        wanted = {"watch": "true", "labelSelector": selector, "resourceVersion": version, "allowWatchBookmarks": "true"}
        patience = httpx.Timeout(30, read=330)
        with self._http.stream(
            "GET", f"{self._core}/pods", params={**wanted, "timeoutSeconds": "300"}, timeout=patience
        ) as answer:
            if answer.is_error:
                answer.read()
            _raise(answer)
            for line in answer.iter_lines():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    # Whatever it is, the list tells what the watch did not.
                    raise Expired(str(event["object"].get("code")))
                yield event["type"], event["object"]

    def _call(self, method: str, path: str, **more: Any) -> Json:
        answer = self._http.request(method, path, **more)
        _raise(answer)
        found: Json = answer.json()
        return found


def _raise(answer: httpx.Response) -> None:
    if answer.status_code == _CONFLICT:
        raise Conflict
    if answer.status_code == _NOT_FOUND:
        raise NotThere
    if answer.status_code == _GONE:
        raise Expired("410")
    if answer.status_code in _REFUSED:
        raise Refused(str(answer.json().get("message", ""))[:500])
    answer.raise_for_status()
