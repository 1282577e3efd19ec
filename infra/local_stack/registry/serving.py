"""A schema registry for one machine, as far as Confluent's serializers and Lambda's pollers ask: register, look up.

Schema Registry API: `POST /subjects/SUBJECT/versions` answers the id, the same for the same schema;
`GET /schemas/ids/ID`; `GET /subjects/SUBJECT/versions/latest`.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

from local_stack.loopback_server import HOST, LoopbackServer

_REGISTER = re.compile(r"/subjects/([^/]+)/versions/?(?:\?.*)?")
_LATEST = re.compile(r"/subjects/([^/]+)/versions/latest/?(?:\?.*)?")
_BY_ID = re.compile(r"/schemas/ids/([0-9]+)/?(?:\?.*)?")
_SCHEMA_NOT_FOUND = 40403
_UNPROCESSABLE = 42201

Answer = tuple[int, dict[str, Any]]


class SchemaRegistry:
    """Listens on loopback until closed; what was registered is gone with it."""

    def __init__(self, port: int = 0) -> None:
        self._lock = threading.Lock()
        self._schemas: list[dict[str, str]] = []
        self._latest: dict[str, int] = {}
        self._server = LoopbackServer((HOST, port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="schema-registry", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def register(self, subject: str, schema: str, schema_type: str = "AVRO") -> int:
        """The schema's id, from one on; the same schema keeps its id under every subject."""
        entry = {"schemaType": schema_type, "schema": schema}
        with self._lock:
            if entry not in self._schemas:
                self._schemas.append(entry)
            self._latest[subject] = self._schemas.index(entry) + 1
            return self._latest[subject]

    def _post(self, path: str, body: bytes) -> Answer:
        subject = _REGISTER.fullmatch(path)
        try:
            asked = json.loads(body)
            schema, kind = str(asked["schema"]), str(asked.get("schemaType", "AVRO"))
        except (ValueError, KeyError, TypeError, AttributeError):
            return 422, {"error_code": _UNPROCESSABLE, "message": "a schema is wanted"}
        if subject is None or kind not in {"AVRO", "PROTOBUF", "JSON"}:
            return 422, {"error_code": _UNPROCESSABLE, "message": "subject or schemaType is unknown"}
        return 200, {"id": self.register(subject[1], schema, kind)}

    def _get(self, path: str) -> Answer:
        if latest := _LATEST.fullmatch(path):
            number = self._latest.get(latest[1], 0)
        else:
            number = int(asked[1]) if (asked := _BY_ID.fullmatch(path)) else 0
        if not 1 <= number <= len(self._schemas):
            return 404, {"error_code": _SCHEMA_NOT_FOUND, "message": "Schema not found"}
        return 200, {"id": number, "version": 1, **self._schemas[number - 1]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._answer(*registry._post(self.path, self.rfile.read(int(self.headers["Content-Length"] or 0))))

            def do_GET(self) -> None:
                self._answer(*registry._get(self.path))

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
                """A stack says what happens in its own words."""

        return Handler
