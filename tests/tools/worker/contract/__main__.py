"""`python -m tests.tools.worker.contract`: the kit against the local worker, as two programs on an emulated bus."""

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

from local_worker.process import WorkerProcess
from local_worker.process_options import WorkerOptions
from local_worker.worker import PodNews

REGION, BUS, BUCKET, ROOM = "us-east-1", "contract-bus", "contract-scripts", 8
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": REGION}


@contextmanager
def emulated_aws() -> Iterator[str]:
    """An endpoint with a bus and a bucket of the worker's own."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)
    events = session.client("events", endpoint_url=endpoint)
    with suppress(events.exceptions.ResourceAlreadyExistsException):  # servers of one process share what they hold
        events.create_event_bus(Name=BUS)
    session.client("s3", endpoint_url=endpoint).create_bucket(Bucket=BUCKET)
    try:
        yield endpoint
    finally:
        server.stop()


@contextmanager
def local_worker(endpoint: str, log: Path) -> Iterator[None]:
    options = WorkerOptions(aws_endpoint=endpoint, region=REGION, event_bus=BUS, concurrency=ROOM)
    with log.open("w", encoding="utf-8") as written:

        def note(news: PodNews) -> None:
            written.write(f"{news.what} {news.execution_id}\n")
            written.flush()

        worker = WorkerProcess(options, note)
        worker.start()
        try:
            yield
        finally:
            worker.stop()


def play(*options: str, kit: str = "saga_testing.worker_contract") -> subprocess.CompletedProcess[str]:
    """The kit, as its users start it."""
    words = [sys.executable, "-m", kit, *options]
    return subprocess.run(words, check=False, capture_output=True, text=True, env={**os.environ, **CREDENTIALS})


def over_the_bus(endpoint: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return play(
        *("--bus", BUS, "--endpoint-url", endpoint, "--region", REGION, "--bucket", BUCKET, "--room", str(ROOM)),
        *("--shared", str(folder), "--log", str(folder / "log"), "--quiet", "1.5", "--patience", "30", *options),
    )


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        emulated_aws() as endpoint,
        local_worker(endpoint, Path(folder) / "log"),
    ):
        done = over_the_bus(endpoint, Path(folder))
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
