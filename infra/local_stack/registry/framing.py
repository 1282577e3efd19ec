"""What a registry's serializers put in front of a value, taken off again. Pure.

Confluent: a zero, the schema's id in four bytes; for Protobuf then the indexes that lead to the message, zigzag varints
with their count in front, where a single zero stands for the first message. Glue: a three, a compression byte (0 none,
5 zlib), the schema version's UUID in sixteen bytes; for Protobuf then the index of the message.
"""

import zlib
from dataclasses import dataclass
from uuid import UUID

_CONFLUENT_PREFIX = 5
_GLUE_PREFIX = 18
_GLUE_VERSION = 3
_UNCOMPRESSED, _ZLIB = 0, 5


class NotFramedError(ValueError):
    """No serializer of that registry wrote this."""


@dataclass(frozen=True)
class Framed:
    """The schema that it was written by, as the registry knows it, and what follows."""

    schema_id: str
    content: bytes


def from_confluent(value: bytes) -> Framed:
    if len(value) < _CONFLUENT_PREFIX or value[0] != 0:
        message = "no magic byte and schema id in front"
        raise NotFramedError(message)
    return Framed(str(int.from_bytes(value[1:_CONFLUENT_PREFIX], "big")), value[_CONFLUENT_PREFIX:])


def from_glue(value: bytes) -> Framed:
    if len(value) < _GLUE_PREFIX or value[0] != _GLUE_VERSION or value[1] not in {_UNCOMPRESSED, _ZLIB}:
        message = "no header version, compression and schema version id in front"
        raise NotFramedError(message)
    content = value[_GLUE_PREFIX:]
    try:
        plain = zlib.decompress(content) if value[1] == _ZLIB else content
    except zlib.error as error:
        message = "not compressed as its header says"
        raise NotFramedError(message) from error
    return Framed(str(UUID(bytes=value[2:_GLUE_PREFIX])), plain)


def confluent_message(content: bytes) -> tuple[tuple[int, ...], bytes]:
    """The indexes that lead to a Protobuf message in its file, outermost first, and the message."""
    count, rest = _zigzag(content)
    if count == 0:
        return (0,), rest
    indexes = []
    for _ in range(count):
        index, rest = _zigzag(rest)
        indexes.append(index)
    return tuple(indexes), rest


def glue_message(content: bytes) -> tuple[tuple[int, ...], bytes]:
    """Glue counts the messages of a file, nested ones behind all others: only the outermost are told apart here."""
    index, rest = _varint(content)
    return (index,), rest


def _zigzag(content: bytes) -> tuple[int, bytes]:
    number, rest = _varint(content)
    return (number >> 1) ^ -(number & 1), rest


def _varint(content: bytes) -> tuple[int, bytes]:
    number = 0
    for position, byte in enumerate(content[:10]):
        number |= (byte & 0x7F) << (7 * position)
        if not byte & 0x80:
            return number, content[position + 1 :]
    message = "a message index is no varint"
    raise NotFramedError(message)
