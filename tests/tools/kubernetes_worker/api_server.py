"""The stand-in's HTTP: the paths that a worker calls, and a Role that allows them or not."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.tools.kubernetes_worker.cluster import ApiError, Cluster

Json = dict[str, Any]
Right = tuple[str, str]
"""A verb and a resource, as a Role names them."""

_PATH: Final = re.compile(r"/(?:api/v1|apis/batch/v1)/namespaces/[a-z]+/([a-z]+)(?:/([a-z0-9-]+)(/log)?)?")
TOKEN: Final = "stand-in-token"


class ApiServer:
    """`allowed`: the rights of the worker's Role. What was used of them is in `used`."""

    def __init__(self, cluster: Cluster, allowed: frozenset[Right]) -> None:
        self.cluster, self.allowed = cluster, allowed
        self.used: set[Right] = set()
        self.fail_next = 0
        """So many requests from now on are answered as an overloaded server does."""

    def answer(self, method: str, url: str, token: str, body: Json) -> Json | bytes | Iterator[Json]:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        found = _PATH.fullmatch(parts.path)
        if found is None:
            raise ApiError(404, "no such path")
        kind, name, is_log = found.groups()
        verb = _verb(method, name, query)
        self._authorise(token, (verb, f"{kind}/log" if is_log else kind))
        if self.fail_next:
            self.fail_next -= 1
            raise ApiError(503, "overloaded")
        return self._done(verb, kind, name, query, body, is_log=bool(is_log))

    def _authorise(self, token: str, right: Right) -> None:
        if token != f"Bearer {TOKEN}":
            raise ApiError(401, "Unauthorized")
        if right not in self.allowed:
            raise ApiError(403, f"the service account may not {right[0]} {right[1]}")
        self.used.add(right)

    def _done(
        self, verb: str, kind: str, name: str, query: dict[str, str], body: Json, *, is_log: bool
    ) -> Json | bytes | Iterator[Json]:
        selector = query.get("labelSelector", "")
        if verb == "list":
            return self.cluster.listed(kind, selector)
        if verb == "watch":
            return self.cluster.watched(int(query["resourceVersion"]), selector, float(query["timeoutSeconds"]))
        if verb == "get":
            return self.cluster.log_of(name)[: int(query["limitBytes"])] if is_log else self.cluster.one(kind, name)
        if verb == "create":
            return self.cluster.create_job(body) if kind == "jobs" else self.cluster.create_secret(body)
        if verb == "delete":
            return self.cluster.delete_job(name)
        return self.cluster.patch_job(name, body) if kind == "jobs" else self.cluster.patch_pod(name, body)


def _verb(method: str, name: str | None, query: dict[str, str]) -> str:
    if method == "GET":
        return "get" if name else ("watch" if query.get("watch") == "true" else "list")
    return {"POST": "create", "PATCH": "patch", "DELETE": "delete"}[method]


@contextmanager
def serving(server: ApiServer) -> Iterator[str]:
    """The server's address, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                token = self.headers.get("Authorization", "")
                answer = server.answer(self.command, self.path, token, json.loads(content or b"{}"))
            except ApiError as error:
                status = {"kind": "Status", "code": error.code, "message": str(error)}
                self._send(error.code, json.dumps(status).encode())
                return
            if isinstance(answer, bytes):
                self._send(200, answer)
            elif isinstance(answer, dict):
                self._send(200, json.dumps(answer).encode())
            else:
                self._stream(answer)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

        def _send(self, code: int, content: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, events: Iterator[Json]) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.close_connection = True
            try:
                for event in events:
                    line = json.dumps(event).encode() + b"\n"
                    self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                self.wfile.write(b"0\r\n\r\n")
            except (ConnectionError, BrokenPipeError):
                return  # dropped, by a test or by the worker that has gone

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nobody reads it."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        server.cluster.close()
        http.shutdown()
        http.server_close()
        thread.join()
