"""What the Deployment tells the worker, as environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class BadOption(Exception):
    """One line that says which variable, and what it should be."""


@dataclass(frozen=True)
class Options:
    server: str
    namespace: str
    token: Path | None
    authority: Path | None
    kafka_bootstrap: str | None = None
    commands_topic: str = "saga_commands"
    events_prefix: str = ""
    group: str = "saga-kubernetes-worker"
    queue_url: str | None = None
    event_bus: str | None = None
    event_source: str = "executions"
    remember: timedelta = timedelta(minutes=20)

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> "Options":
        """Raises BadOption."""
        kafka, queue, bus = (env.get(f"SAGA_{name}") or None for name in ("KAFKA_BOOTSTRAP", "QUEUE_URL", "EVENT_BUS"))
        if (kafka is None) == (queue is None):
            raise BadOption("set either SAGA_KAFKA_BOOTSTRAP, or SAGA_QUEUE_URL and SAGA_EVENT_BUS")
        if queue is not None and bus is None:
            raise BadOption("SAGA_QUEUE_URL needs SAGA_EVENT_BUS, to which events are published")
        server = env.get("SAGA_API_SERVER") or _in_cluster(env)
        inside = "SAGA_API_SERVER" not in env
        return cls(
            server=server,
            namespace=env.get("SAGA_NAMESPACE") or _own_namespace(),
            token=_path(env.get("SAGA_TOKEN_FILE"), _ACCOUNT / "token" if inside else None),
            authority=_path(env.get("SAGA_CA_FILE"), _ACCOUNT / "ca.crt" if inside else None),
            kafka_bootstrap=kafka,
            commands_topic=env.get("SAGA_COMMANDS_TOPIC", cls.commands_topic),
            events_prefix=env.get("SAGA_EVENTS_PREFIX", cls.events_prefix),
            group=env.get("SAGA_CONSUMER_GROUP", cls.group),
            queue_url=queue,
            event_bus=bus,
            event_source=env.get("SAGA_EVENT_SOURCE", cls.event_source),
            remember=timedelta(seconds=_number(env, "SAGA_START_DEADLINE_SECONDS", 300) + 15 * 60),
        )


def _in_cluster(env: Mapping[str, str]) -> str:
    host, port = env.get("KUBERNETES_SERVICE_HOST"), env.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise BadOption("SAGA_API_SERVER is not set, and this is no pod of a cluster")
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def _own_namespace() -> str:
    try:
        return (_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        raise BadOption("SAGA_NAMESPACE is not set, and this is no pod of a cluster") from None


def _path(given: str | None, otherwise: Path | None) -> Path | None:
    path = Path(given) if given else otherwise
    if path is not None and not path.is_file():
        raise BadOption(f"{path} is no file")
    return path


def _number(env: Mapping[str, str], name: str, otherwise: int) -> int:
    text = env.get(name, str(otherwise))
    if not text.isdigit() or not 0 < int(text) <= 86400:
        raise BadOption(f"{name} is {text!r}, and must be seconds from 1 to 86400: the stack's StartDeadlineSeconds")
    return int(text)
