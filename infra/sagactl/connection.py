"""Which stack a command speaks to, and with what: found as every AWS tool finds it, or from the local stack's ready
file.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from saga_orchestrator.adapters.sdk import refuse_what_is_no_answer
from sagactl.errors import NotUsableError
from sagactl.outlet import Output

READY_FILE = ".local-stack.json"
"""Written into the current folder by `sagactl local up`, so that the other commands find that stack without an
option.
"""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LOCAL_REGION = "us-east-1"
_ANSWERS_IN_JSON = frozenset({"dynamodb", "sqs", "events"})


@dataclass(frozen=True)
class Target:
    """What the caller said about where to go."""

    stack_name: str
    endpoint_url: str | None
    profile: str | None
    region: str | None
    output: Output


class Connection:
    """SDK clients for one target; nothing is asked before the first call."""

    def __init__(self, session: Any, endpoint_url: str | None) -> None:
        self._session = session
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}

    @property
    def is_local(self) -> bool:
        """On this machine: identities and credentials mean nothing there."""
        return is_loopback(self._endpoint_url)

    @property
    def place(self) -> str:
        """For messages: where a call went."""
        return self._endpoint_url or f"AWS, region {self._session.region_name}"

    @property
    def region(self) -> str:
        return str(self._session.region_name)

    @property
    def credentials(self) -> Any:
        """With which requests are signed; None where there are none."""
        return self._session.get_credentials()

    def client(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._clients:
            config = Config(
                connect_timeout=5,
                # Invoke waits for the function, whose own time limit is the shorter one.
                read_timeout=90 if service == "lambda" else 20,
                retries={"mode": "standard", "total_max_attempts": 1 if service == "lambda" else 3},
                account_id_endpoint_mode="disabled",
            )
            client = self._session.client(service, endpoint_url=self._endpoint_url, config=config)
            if service in _ANSWERS_IN_JSON:
                client.meta.events.register("before-parse", refuse_what_is_no_answer)
            self._clients[service] = client
        return self._clients[service]


def connect(target: Target) -> Connection:
    """Clients for the target; without an endpoint, a local stack that runs from this folder comes before AWS."""
    endpoint, region = target.endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or None, target.region
    if endpoint is None and target.profile is None:
        endpoint, region = _local_stack(region)
    if is_loopback(endpoint):
        # Credentials of the machine are neither needed nor sent, and none are searched for.
        session = boto3.Session(
            aws_access_key_id="sagactl",
            aws_secret_access_key="local",  # noqa: S106  the emulator checks none
            region_name=region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _LOCAL_REGION,
        )
        return Connection(session, endpoint)
    try:
        session = boto3.Session(profile_name=target.profile, region_name=region or os.environ.get("AWS_REGION"))
    except ProfileNotFound as error:
        raise NotUsableError(f"{error}; see `aws configure list-profiles`") from error
    if session.region_name is None:
        raise NotUsableError("no region: pass --region, set AWS_REGION, or start `sagactl local up` in this folder")
    return Connection(session, endpoint)


def is_loopback(endpoint_url: str | None) -> bool:
    """An endpoint of this machine: the local stack."""
    try:
        return endpoint_url is not None and urlsplit(endpoint_url).hostname in _LOOPBACK
    except (ValueError, AttributeError) as error:
        raise NotUsableError(f"{endpoint_url} is no URL of an endpoint") from error


def is_url(text: str) -> bool:
    """With a host, and a port that is a number where there is one."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _local_stack(region: str | None) -> tuple[str | None, str | None]:
    path = Path(READY_FILE)
    if not path.is_file():
        return None, region
    try:
        ready = json.loads(path.read_text())
        return ready["aws_endpoint"], region or ready["region"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{READY_FILE} in this folder cannot be read; remove it or pass --endpoint-url"
        raise NotUsableError(message) from error
