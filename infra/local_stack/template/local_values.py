"""What only this machine knows: the broker's address for the template, the surroundings of the sandboxes."""

import os
from collections.abc import Mapping
from pathlib import Path

from local_stack.aws import AwsClients
from local_stack.template.parsing import parsed


def with_local_values(
    template: Path, given: Mapping[str, str], kafka_bootstrap: str, defaults: Mapping[str, str]
) -> dict[str, str]:
    """The given parameters, and the self-managed Kafka mappings pointed at the stack's broker, unless the caller has
    said which Kafka to read or the template reads none. A template that cannot be read is reported by its expansion,
    not here."""
    parameters = {name: value for name, value in defaults.items() if name in _declared(template)} | dict(given)
    chosen = parameters.get("KafkaBootstrapServers") is not None or parameters.get("MskClusterArn")
    if not chosen and "KafkaBootstrapServers" in _declared(template):
        parameters["KafkaBootstrapServers"] = kafka_bootstrap
    return parameters


def _declared(template: Path) -> Mapping[str, object]:
    try:
        source = parsed(template.read_text(encoding="utf-8"))
        return dict(source.get("Parameters") or {})
    except Exception:  # noqa: BLE001 - whatever is wrong with the file, the expansion that follows says it in one line
        return {}


def sandbox_environment(clients: AwsClients, scratch: str) -> dict[str, str]:
    """A sandbox sees this, Lambda's own variables and the template's: nothing of whoever started the stack."""
    inherited = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {
        **inherited,
        "HOME": scratch,
        "TMPDIR": scratch,
        "AWS_ENDPOINT_URL": clients.endpoint_url,
        "AWS_REGION": clients.region,
        "AWS_DEFAULT_REGION": clients.region,
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # account ids in host names lead nowhere on loopback
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
