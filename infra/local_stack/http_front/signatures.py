"""Signature Version 4 as the gateway checks it: the same canonical request, signed again with the key that is known."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SERVICE: Final = "execute-api"
SECRET: Final = "local"  # noqa: S105 - on loopback everybody has it; that it was used is what is checked
ACCOUNT: Final = "123456789012"
CALLERS: Final[Mapping[str, str]] = {
    **{name: f"arn:aws:sts::{ACCOUNT}:assumed-role/local-{name}/{name}" for name in ("reader", "operator", "admin")},
    "sagactl": f"arn:aws:sts::{ACCOUNT}:assumed-role/local-admin/sagactl",
    "nobody": f"arn:aws:sts::{ACCOUNT}:assumed-role/local-nobody/nobody",
}
"""By access key id: who signs with it. All share the one secret."""

_HEADER: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)"
    r"/aws4_request, ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Sent:
    """A request as it came over the wire; names of headers are in lower case."""

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes


def signer_of(sent: Sent, region: str, now: datetime | None = None) -> str | None:
    """The access key id with which it is signed, rightly and lately; else None."""
    found = _HEADER.fullmatch(sent.headers.get("authorization", ""))
    stamp = sent.headers.get("x-amz-date", "")
    if found is None or found["key"] not in CALLERS or (found["service"], found["region"]) != (SERVICE, region):
        return None
    if not _is_recent(stamp, found["date"], now or datetime.now(UTC)):
        return None
    names = found["headers"].split(";")
    if "host" not in names or any(name not in sent.headers for name in names):
        return None
    claimed = sent.headers.get("x-amz-content-sha256")
    if claimed is not None and claimed != sha256(sent.body).hexdigest():
        return None
    expected = _signature(sent, found["key"], region, names, stamp)
    return found["key"] if hmac.compare_digest(expected, found["signature"]) else None


def _is_recent(stamp: str, date: str, now: datetime) -> bool:
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return stamp.startswith(date) and abs(now - signed_at) <= _SKEW


def _signature(sent: Sent, key: str, region: str, names: list[str], stamp: str) -> str:
    signer = SigV4Auth(Credentials(key, SECRET), SERVICE, region)
    query = f"?{sent.raw_query}" if sent.raw_query else ""
    request = AWSRequest(
        method=sent.method,
        url=f"http://{sent.headers['host']}{sent.raw_path}{query}",
        data=sent.body,
        headers={name: sent.headers[name] for name in names},
    )
    request.context["timestamp"] = stamp
    signature: str = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return signature
