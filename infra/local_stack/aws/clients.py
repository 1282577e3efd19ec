"""SDK clients of the stack itself. They read nothing from the machine: no profile, no credentials file, no proxy, no
endpoint of the environment."""

import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

_CONNECTIONS = 50


class AwsClients:
    """Clients bound to the embedded endpoint, one per service, safe to share between threads."""

    def __init__(self, endpoint_url: str, region: str, access_key: str) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._session = isolated_session(region, access_key)
        self._config = Config(
            proxies={},
            connect_timeout=5,
            read_timeout=60,
            max_pool_connections=_CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": 3},
            account_id_endpoint_mode="disabled",
            s3={"addressing_style": "path"},
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        """The client of a service. Building one is not thread-safe in boto3, using one is."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service, endpoint_url=self.endpoint_url, config=self._config
                )
            return self._clients[service]

    def close(self) -> None:
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()


def isolated_session(region: str, access_key: str) -> boto3.Session:
    """A session to which the machine's AWS settings do not exist."""
    session = botocore.session.Session(
        session_vars={
            # (name in the file, environment variable, default, converter): no environment variable means that none is
            # read.
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key="local",  # noqa: S106 - the emulator checks no signature
        region_name=region,
        botocore_session=session,
    )
