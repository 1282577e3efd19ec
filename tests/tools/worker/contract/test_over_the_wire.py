"""The kit as its users start it: two programs and a bus between them, and everything that it refuses to play on."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from confluent_kafka import Producer

from saga_testing.worker_contract.clauses import CLAUSES
from tests.tools.worker.contract.__main__ import BUS, REGION, emulated_aws, local_worker, over_the_bus, play

A_FEW = [word for number in ("0.1", "2.2", "3.1", "5.3", "8.1", "9.1") for word in ("--only", number)]
NOT_PLAYED = {"1.3", "3.3", "9.5"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with emulated_aws() as made:
        yield made


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
    (found,) = cluster.list_topics(timeout=10).brokers.values()
    yield f"{found.host}:{found.port}"
    del cluster  # which lives as long as it is referred to


def test_the_local_worker_keeps_a_few_clauses_over_a_bus(endpoint: str, tmp_path: Path) -> None:
    with local_worker(endpoint, tmp_path / "log"):
        done = over_the_bus(endpoint, tmp_path, *A_FEW, "--output", "json")

    assert (done.returncode, done.stderr) == (0, "")
    assert {each["number"]: each["verdict"] for each in json.loads(done.stdout)} == dict.fromkeys(A_FEW[1::2], "holds")
    events = boto3.client("events", endpoint_url=endpoint, region_name=REGION)
    assert events.list_rules(EventBusName=BUS)["Rules"] == [], "the kit leaves a rule behind"


@pytest.mark.proof
def test_the_local_worker_keeps_every_clause_over_a_bus(endpoint: str, tmp_path: Path) -> None:
    with local_worker(endpoint, tmp_path / "log"):
        done = over_the_bus(endpoint, tmp_path)

    assert done.returncode == 0, done.stdout
    assert f"{len(CLAUSES) - len(NOT_PLAYED)} holds, 0 broken, {len(NOT_PLAYED)} not played" in done.stdout


def test_a_broken_clause_is_an_exit_code_of_one(endpoint: str, tmp_path: Path) -> None:
    """The local worker has no ruby, so nothing that asks for it starts."""
    with local_worker(endpoint, tmp_path / "log"):
        done = over_the_bus(endpoint, tmp_path, "--only", "9.3", "--python", "ruby", "--output", "json")

    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    assert (found["verdict"], found["seen"]) == ("broken", "exit_code is 127 instead of 137")


def refused(*options: str) -> str:
    done = play(*options, "--patience", "1")
    assert (done.returncode, done.stdout) == (2, "")
    return " ".join(done.stderr.split())


def test_both_ways_or_none_are_refused() -> None:
    assert "give either --kafka or --bus" in refused()
    assert "give either --kafka or --bus" in refused("--kafka", "localhost:1", "--bus", "b")


def test_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    bus = ("--bus", BUS)

    assert "there is no clause 99.9; there are 0.1, " in refused(*bus, "--only", "99.9")
    assert "--fields is no JSON object" in refused(*bus, "--fields", "[1]")
    assert f"--shared: {tmp_path / 'x'} is no folder" in refused(*bus, "--shared", str(tmp_path / "x"))
    assert f"--log: {tmp_path} is no file" in refused(*bus, "--log", str(tmp_path))
    assert "Invalid value for '--room'" in refused(*bus, "--room", "0")
    assert "Invalid value for '--quiet'" in refused(*bus, "--quiet", "-1")


def test_what_does_not_answer_is_refused(endpoint: str, broker: str) -> None:
    at = ("--endpoint-url", endpoint, "--region", REGION)

    assert "there is no bus nobodys: create one" in refused("--bus", "nobodys", *at)
    assert "no worker answers: nothing was said about an execution within 1 s" in refused("--bus", BUS, *at)
    assert "cannot be reached" in refused("--bus", BUS, "--endpoint-url", "http://127.0.0.1:9", "--region", REGION)
    assert "no worker answers" in refused("--kafka", broker)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ({"source": ["executions"], "detail-type": [{"equals-ignore-case": "EXECUTION_STARTED"}]}, "a-stacks-rule"),
        ({"detail-type": ["COMMAND_REPLY"]}, "replies"),
    ],
)
def test_a_stacks_bus_is_refused(endpoint: str, pattern: dict[str, object], name: str) -> None:
    events = boto3.client("events", endpoint_url=endpoint, region_name=REGION)
    events.create_event_bus(Name=name)
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(pattern))

    told = refused("--bus", name, "--endpoint-url", endpoint, "--region", REGION)

    assert told == (
        f"contract kit: bus {name} belongs to a stack: rule {name} waits for events there. "
        "Give the worker a bus or topics of its own"
    )


def test_a_bus_that_cloudformation_made_is_refused(endpoint: str) -> None:
    events = boto3.client("events", endpoint_url=endpoint, region_name=REGION)
    arn = events.create_event_bus(Name="made")["EventBusArn"]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "aws:cloudformation:stack-name", "Value": "shop"}])

    told = refused("--bus", "made", "--endpoint-url", endpoint, "--region", REGION)

    assert "bus made belongs to a stack: CloudFormation made it for shop" in told


def test_a_rule_for_commands_is_a_workers_and_no_sign_of_a_stack(endpoint: str) -> None:
    events = boto3.client("events", endpoint_url=endpoint, region_name=REGION)
    events.create_event_bus(Name="workers")
    events.put_rule(Name="w", EventBusName="workers", EventPattern='{"detail-type": ["CREATE_POD_COMMAND"]}')

    assert "no worker answers" in refused("--bus", "workers", "--endpoint-url", endpoint, "--region", REGION)


def test_a_stacks_topics_are_refused(broker: str) -> None:
    assert "topic saga_commands belongs to a stack" in refused("--kafka", broker, "--commands-topic", "saga_commands")
    assert "topic command_reply belongs to a stack" in refused("--kafka", broker, "--events-prefix", "")


def test_what_a_ready_file_names_is_refused(
    endpoint: str, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = {"EXECUTION_STARTED": "mine_execution_started"}
    ready = {"event_bus": BUS, "kafka_bootstrap": broker, "topics": topics}
    (tmp_path / ".local-stack.json").write_text(json.dumps(ready))
    monkeypatch.chdir(tmp_path)

    told = refused("--bus", BUS, "--endpoint-url", endpoint, "--region", REGION)
    assert f"bus {BUS} belongs to a stack: .local-stack.json names it" in told
    told = refused("--kafka", broker, "--events-prefix", "mine_")
    assert "topic mine_execution_started belongs to a stack: .local-stack.json names it" in told


def test_a_bucket_that_is_not_there_is_refused(endpoint: str, tmp_path: Path) -> None:
    with local_worker(endpoint, tmp_path / "log"):
        done = over_the_bus(endpoint, tmp_path, "--bucket", "nowhere", "--only", "5.3")

    assert done.returncode == 2
    assert "NoSuchBucket" in done.stderr
