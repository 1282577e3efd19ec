"""The port at which clients find the mock cluster: it passes messages on, answers what the cluster cannot, and names
itself as the broker, so that every connection comes through it."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import BinaryIO

from local_stack.errors import PortTakenError
from local_stack.sources.kafka_frames import WITH_ADDRESSES, refusal, request_of, with_port

HOST = "127.0.0.1"


class KafkaGateway:
    """Listens on a port of the caller's choice, 0 being any, until closed."""

    def __init__(self, port: int, cluster: tuple[str, int]) -> None:
        self._cluster = cluster
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind((HOST, port))
            self._listener.listen()
        except OSError as exc:
            self._listener.close()
            raise PortTakenError(port, exc.strerror or str(exc)) from exc
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False
        self._passing: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept, name="kafka-gateway", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            ends = list(self._open)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RD)
        self._listener.close()
        self._thread.join(5)
        for thread in self._passing:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                cluster = socket.create_connection(self._cluster, timeout=5)
            except OSError:
                client.close()
                continue
            cluster.settimeout(None)
            for end in (client, cluster):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self._closed:
                    client.close()
                    cluster.close()
                    return
                self._open |= {client, cluster}
            connection = _Connection(client, cluster, self._cluster, self.port)
            self._passing = [thread for thread in self._passing if thread.is_alive()]
            self._passing += connection.start(self._open.discard)


class _Connection:
    """One client's connection and ours to the cluster, each read by a thread of its own."""

    def __init__(self, client: socket.socket, cluster: socket.socket, address: tuple[str, int], port: int) -> None:
        self._client, self._cluster, self._address, self._port = client, cluster, address, port
        self._answering = threading.Lock()
        self._with_addresses: set[int] = set()
        """Correlation ids of requests whose answers say where brokers are."""

    def start(self, ended: Callable[[socket.socket], None]) -> list[threading.Thread]:
        both = ((self._requests, self._client), (self._responses, self._cluster))
        threads = [
            threading.Thread(target=self._until_closed, args=(work, end, ended), name="kafka-pass", daemon=True)
            for work, end in both
        ]
        for thread in threads:
            thread.start()
        return threads

    def _until_closed(
        self, work: Callable[[], None], own: socket.socket, ended: Callable[[socket.socket], None]
    ) -> None:
        """Ends when either side does, and takes the other direction along."""
        with contextlib.suppress(OSError):
            work()
        for end in (self._client, self._cluster):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RD)
        ended(own)
        own.close()

    def _requests(self) -> None:
        with self._client.makefile("rb") as stream:
            while (frame := _read(stream)) is not None:
                request = request_of(frame)
                if request is not None and (answer := refusal(request)) is not None:
                    self._answer(answer)
                    continue
                if request is not None and request.api_key in WITH_ADDRESSES:
                    self._with_addresses.add(request.correlation_id)
                self._cluster.sendall(_framed(frame))

    def _responses(self) -> None:
        with self._cluster.makefile("rb") as stream:
            while (frame := _read(stream)) is not None:
                (correlation_id,) = struct.unpack_from(">i", frame)
                if correlation_id in self._with_addresses:
                    self._with_addresses.discard(correlation_id)
                    frame = with_port(frame, *self._address, self._port)
                self._answer(frame)

    def _answer(self, frame: bytes) -> None:
        with self._answering:
            self._client.sendall(_framed(frame))


def _framed(frame: bytes) -> bytes:
    return struct.pack(">i", len(frame)) + frame


def _read(stream: BinaryIO) -> bytes | None:
    """The next message, or None at the end of the connection."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack(">i", head)
    frame = stream.read(length)
    return frame if len(frame) == length else None
