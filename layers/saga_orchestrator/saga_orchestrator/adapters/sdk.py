"""The AWS SDK: one botocore session per process, and clients whose calls end well before a Lambda function does."""

import threading
from functools import cached_property
from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.parsers import ResponseParserError

CONNECT_TIMEOUT_SECONDS: Final = 1
READ_TIMEOUT_SECONDS: Final = 3
CALL_TIMEOUT_SECONDS: Final = 18

_CONFIG: Final = {
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,  # botocore waits 60 s by default, longer than our functions live
    "read_timeout": READ_TIMEOUT_SECONDS,
    "tcp_keepalive": True,
    # Set here because the default mode differs between botocore versions; standard mode backs off with full jitter.
    "retries": {"mode": "standard", "total_max_attempts": 3},
    # Saves a third of the CPU of a call; conformance tests send every request shape through validation.
    "parameter_validation": False,
}


class Sdk:
    """Clients made once, on first use, from one session: making a session costs more than making a client."""

    def __init__(self, *, max_connections: int = 32) -> None:
        self._max_connections = max_connections
        self._lock = threading.RLock()

    @cached_property
    def _session(self) -> Any:
        return botocore.session.get_session()

    def _client(self, service: str, **own: Any) -> Any:
        with self._lock:  # botocore's client creation is not thread-safe
            # Said once: botocore puts its own together twice a call, a fifth of the call's CPU.
            user_agent = self._session.user_agent()
            config = Config(max_pool_connections=self._max_connections, user_agent=user_agent, **{**_CONFIG, **own})
            client = self._session.create_client(service, config=config)
        if service not in {"s3", "lambda"}:  # these two answer with streams
            client.meta.events.register("before-parse", refuse_what_is_no_answer)
        return client

    @cached_property
    def dynamodb(self) -> Any:
        return self._client("dynamodb")

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def sqs(self) -> Any:
        return self._client("sqs")

    @cached_property
    def secretsmanager(self) -> Any:
        return self._client("secretsmanager")

    @cached_property
    def functions(self) -> Any:
        """Lambda. It is waited for as long as whoever asks can be kept waiting, and never called twice by itself."""
        return self._client("lambda", read_timeout=CALL_TIMEOUT_SECONDS, retries={"total_max_attempts": 1})

    @cached_property
    def events(self) -> Any:
        return self._client("events")


def refuse_what_is_no_answer(response_dict: dict[str, Any], operation_model: Any, **_event: Any) -> None:
    """A success must be a JSON object. botocore takes a page of HTML for an empty answer, that is for a write done.

    An operation whose answer holds nothing, such as SQS's DeleteQueue, may answer with nothing at all.
    """
    body = response_dict["body"]
    if not body and operation_model.output_shape is None:
        return
    if response_dict["status_code"] < 300 and not (body.startswith(b"{") and body.rstrip().endswith(b"}")):
        msg = "the reply is no JSON object"
        raise ResponseParserError(msg)
