"""Protobuf messages of a schema that is known by its source text alone, which the compiler has to read."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any


class BadSchemaError(ValueError):
    """The compiler refuses the text, or it has no such message."""


@lru_cache(maxsize=64)
def message_class(text: str, indexes: tuple[int, ...]) -> Any:
    """The class of the message to which `indexes` lead, outermost first. Raises BadSchemaError."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: PLC0415 - an extra

    files = descriptor_pb2.FileDescriptorSet.FromString(_compiled(text))
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    try:
        descriptor = _walk(pool.FindFileByName(files.file[-1].name), indexes)
    except (IndexError, KeyError) as error:
        message = f"the schema has no message {'.'.join(map(str, indexes))}"
        raise BadSchemaError(message) from error
    return message_factory.GetMessageClass(descriptor)


def _walk(file: Any, indexes: Sequence[int]) -> Any:
    descriptor = list(file.message_types_by_name.values())[indexes[0]]
    for index in indexes[1:]:
        descriptor = descriptor.nested_types[index]
    return descriptor


def _compiled(text: str) -> bytes:
    """In a process of its own: the compiler writes what is wrong with a schema on its standard error."""
    with tempfile.TemporaryDirectory(prefix="local-stack-protobuf-") as folder:
        source, target = Path(folder, "schema.proto"), Path(folder, "schema.bin")
        source.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={folder}", "--include_imports"]
        done = subprocess.run(
            [*command, f"--proto_path={_well_known()}", f"--descriptor_set_out={target}", str(source)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise BadSchemaError(done.stderr.strip() or "the compiler refused it")
        return target.read_bytes()


def _well_known() -> Path:
    """`google/protobuf/timestamp.proto` and its like come with the compiler."""
    import grpc_tools  # noqa: PLC0415 - an extra

    return Path(grpc_tools.__file__).parent / "_proto"
