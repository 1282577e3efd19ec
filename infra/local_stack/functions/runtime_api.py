"""Lambda's Runtime API for one sandbox process (Developer Guide, Using the Lambda runtime API): the real runtime client
talks to it.

What the process says arrives as signals in one queue, so that whoever waits for an answer also sees that the process
has ended.
"""

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Task:
    """One event on its way to the handler."""

    request_id: str
    payload: bytes
    deadline_ms: int

    @property
    def trace_id(self) -> str:
        digits = self.request_id.replace("-", "")
        return f"{digits[:8]}-{digits[8:]}"


@dataclass(frozen=True)
class Ready:
    """The runtime client has initialised the function and asks for its first (or next) event."""


@dataclass(frozen=True)
class Answered:
    request_id: str
    body: bytes
    is_error: bool


@dataclass(frozen=True)
class InitFailed:
    error: dict[str, Any]


@dataclass(frozen=True)
class Exited:
    return_code: int


Signal = Ready | Answered | InitFailed | Exited


class RuntimeApi:
    """Serves on a free loopback port until `close`."""

    def __init__(self, function_arn: str) -> None:
        self.function_arn = function_arn
        self.signals: queue.SimpleQueue[Signal] = queue.SimpleQueue()
        self.tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.25}, name="runtime-api", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.tasks.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A sandbox that is killed leaves its connection mid-sentence; that is not news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # together with the buffered writes below this saves 88 ms per invocation
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Requests of the runtime client are not worth a log line."""

    def do_GET(self) -> None:
        self.server.api.signals.put(Ready())
        task = self.server.api.tasks.get()
        if task is None:
            self.close_connection = True
            return
        self._reply(
            200,
            task.payload,
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": task.request_id,
                "Lambda-Runtime-Deadline-Ms": str(task.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": self.server.api.function_arn,
                "Lambda-Runtime-Trace-Id": f"Root=1-{task.trace_id};Sampled=0",
            },
        )

    def do_POST(self) -> None:
        body = self._body()
        *_, request_id, verb = self.path.split("/")
        if request_id == "init":
            self.server.api.signals.put(InitFailed(json.loads(body or b"{}")))
        else:
            self.server.api.signals.put(Answered(request_id, body, is_error=verb == "error"))
        self._reply(202, b'{"status":"OK"}', {"Content-Type": "application/json"})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts: list[bytes] = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
