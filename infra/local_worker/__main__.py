"""The worker as a program of its own: `python -m local_worker '{"aws_endpoint": ...}'`.

It reports `ready`, what happens to pods, and the counts at the end.
"""

import sys
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_worker.process_options import WorkerOptions
from local_worker.worker import PodNews, Worker, WorkerClients, WorkerSettings
from stack_client import (
    EventBridgePublisher,
    EventPublisher,
    KafkaPublisher,
    RoutedPublisher,
    Transport,
    alternating,
    tell_starter,
    told_to_stop,
)


def main() -> int:
    """Run until told to stop."""
    options = WorkerOptions.from_json(sys.argv[1])
    clients = _clients(options)
    publisher, kafka = _publisher(options, clients)
    worker = Worker(clients, _settings(options), publisher, _report)
    stopping = told_to_stop()
    try:
        worker.start()
    except (ClientError, BotoCoreError) as error:
        tell_starter({"kind": "failed", "reason": str(error)})
        return 1
    tell_starter({"kind": "ready"})
    stopping.wait()
    counts = worker.stop()
    if kafka is not None:
        kafka.close()
    tell_starter({"kind": "counts", **asdict(counts)})
    return 0


def _clients(options: WorkerOptions) -> WorkerClients:
    session = boto3.Session(
        aws_access_key_id=options.access_key, aws_secret_access_key=options.secret_key, region_name=options.region
    )
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=options.concurrency + 4,
        proxies={},
    )

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=options.aws_endpoint, config=config)

    return WorkerClients(events=client("events"), sqs=client("sqs"), s3=client("s3"))


def _publisher(options: WorkerOptions, clients: WorkerClients) -> tuple[EventPublisher, KafkaPublisher | None]:
    bridge = EventBridgePublisher(clients.events, options.event_bus, options.event_source)
    if options.kafka_bootstrap is None:
        return bridge, None
    kafka = KafkaPublisher(options.kafka_bootstrap, options.topics)
    return RoutedPublisher({Transport.EVENTBRIDGE: bridge, Transport.KAFKA: kafka}, alternating), kafka


def _settings(options: WorkerOptions) -> WorkerSettings:
    return WorkerSettings(
        event_bus=options.event_bus,
        concurrency=options.concurrency,
        remember_deletes_for=timedelta(seconds=options.remember_deletes_seconds),
        faults=options.faults,
    )


def _report(news: PodNews) -> None:
    tell_starter({"kind": "pod", "what": news.what, "execution_id": news.execution_id})


if __name__ == "__main__":
    sys.exit(main())
