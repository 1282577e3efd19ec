"""As much of Kafka's protocol as a gateway before the mock cluster must understand. Pure.

Every message is a length and that many bytes; a request begins with its API key, version and correlation id, a response
with the correlation id (Kafka protocol guide, Request header and Response header).
"""

import struct
from dataclasses import dataclass
from typing import Final

API_VERSIONS: Final = 18
METADATA: Final = 3
FIND_COORDINATOR: Final = 10
#: Responses that say where brokers are.
WITH_ADDRESSES: Final = frozenset({METADATA, FIND_COORDINATOR})
UNSUPPORTED_VERSION: Final = 35
#: The newest ApiVersions that librdkafka's mock cluster answers in a form that other clients can read.
NEWEST_API_VERSIONS: Final = 2


@dataclass(frozen=True)
class Request:
    api_key: int
    version: int
    correlation_id: int


def request_of(frame: bytes) -> Request | None:
    """None for what is too short to be one."""
    return Request(*struct.unpack_from(">hhi", frame)) if len(frame) >= 8 else None


def refusal(request: Request) -> bytes | None:
    """What a broker answers to an ApiVersions request that is newer than it is: error 35 in a response of version 0,
    which every client can read, with the versions of ApiVersions itself that it knows (KIP-511). The mock cluster
    answers in a form of its own, on which clients other than librdkafka give up."""
    if request.api_key != API_VERSIONS or request.version <= NEWEST_API_VERSIONS:
        return None
    known = struct.pack(">hhh", API_VERSIONS, 0, NEWEST_API_VERSIONS)
    return struct.pack(">ihi", request.correlation_id, UNSUPPORTED_VERSION, 1) + known


def with_port(response: bytes, host: str, port: int, instead: int) -> bytes:
    """The response with another port wherever it names this host and port, in either encoding of strings. The length
    stays."""
    name = host.encode()
    for encoded in (struct.pack(">h", len(name)) + name, bytes([len(name) + 1]) + name):
        response = response.replace(encoded + struct.pack(">i", port), encoded + struct.pack(">i", instead))
    return response
