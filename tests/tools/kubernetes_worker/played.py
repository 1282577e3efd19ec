"""The kit against the worker for Kubernetes; `python -m tests.tools.kubernetes_worker` prints what it finds."""

import dataclasses
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

from kubernetes_worker.watching import LOG
from saga_testing.clauses import Finding, play_all
from saga_testing.clauses.kafka import KafkaChannel
from saga_testing.worker_contract.clauses import CLAUSES
from saga_testing.worker_contract.stage import HEARD, Given, WorkerStage
from tests.tools.kubernetes_worker.cluster import NO_SUCH_IMAGE
from tests.tools.kubernetes_worker.rig import RunningWorker, stand_in, workers_options

BUCKET, ROOM = "k8s-scripts", 8
Put = Callable[[str, bytes], None]


@contextmanager
def script_bucket() -> Iterator[Put]:
    """A bucket at an emulator, to which the environment leads the worker too."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    try:
        yield lambda key, body: s3.put_object(Bucket=BUCKET, Key=key, Body=body) and None
    finally:
        del os.environ["AWS_ENDPOINT_URL"]
        server.stop()


@contextmanager
def log_of_the_worker(path: Path) -> Iterator[Path]:
    handler = logging.FileHandler(path, encoding="utf-8")
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield path
    finally:
        LOG.removeHandler(handler)
        handler.close()


def played(kafka: str, folder: Path) -> tuple[list[Finding], set[tuple[str, str]]]:
    """What was found of each clause, and the rights that the worker used."""
    with script_bucket() as put, log_of_the_worker(folder / "log") as log, stand_in(folder, ROOM) as (server, address):
        options = dataclasses.replace(workers_options(address, folder), kafka_bootstrap=kafka)
        worker = RunningWorker(options)
        channel = KafkaChannel(kafka, options.commands_topic, [f"contract_{name.lower()}" for name in HEARD])
        given = Given(
            patience=45,
            quiet=1,
            put_script=put,
            bucket=BUCKET,
            room=ROOM,
            shared=folder,
            restart=worker.restart,
            log=log,
            unknown_image=NO_SUCH_IMAGE,
        )
        try:
            return play_all(CLAUSES, WorkerStage(channel, given, "k8s")), server.used
        finally:
            worker.stop()
            channel.close()
