"""The endpoint's HTTP, seen from a socket."""

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from local_stack.aws.clients import AwsClients

LIST_TABLES = {
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/dynamodb/aws4_request, Signature=s",
}
S3 = {"Authorization": LIST_TABLES["Authorization"].replace("dynamodb", "s3")}


@pytest.fixture
def connection(aws: AwsClients) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(aws.endpoint_url.removeprefix("http://"), timeout=20)
    yield connection
    connection.close()


@pytest.fixture
def bucket(aws: AwsClients) -> str:
    aws("s3").create_bucket(Bucket="connections")
    return "connections"


def answer(connection: http.client.HTTPConnection, *request: Any) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request(*request)
    response = connection.getresponse()
    return response, response.read()


def test_a_connection_serves_one_request_after_another(connection: http.client.HTTPConnection) -> None:
    answer(connection, "POST", "/", b"{}", LIST_TABLES)
    first = connection.sock

    for _ in range(3):
        response, body = answer(connection, "POST", "/", b"{}", LIST_TABLES)
        assert response.status == 200
        assert "TableNames" in json.loads(body)

    assert connection.sock is first is not None


def test_a_refused_request_leaves_the_connection_usable(connection: http.client.HTTPConnection) -> None:
    refused, _ = answer(connection, "POST", "/", b'{"TableName": "none"}', describing())
    first = connection.sock

    response, _ = answer(connection, "POST", "/", b"{}", LIST_TABLES)

    assert (refused.status, response.status) == (400, 200)
    assert connection.sock is first


def describing() -> dict[str, str]:
    return {**LIST_TABLES, "X-Amz-Target": "DynamoDB_20120810.DescribeTable"}


def test_head_states_the_objects_length_and_sends_nothing(
    connection: http.client.HTTPConnection, aws: AwsClients, bucket: str
) -> None:
    aws("s3").put_object(Bucket=bucket, Key="head", Body=b"x" * 1000)

    response, body = answer(connection, "HEAD", f"/{bucket}/head", None, S3)
    again, content = answer(connection, "GET", f"/{bucket}/head", None, S3)

    assert (response.status, response.headers["Content-Length"], body) == (200, "1000", b"")
    assert (again.status, content) == (200, b"x" * 1000)


def test_a_body_in_chunks_is_taken_whole(connection: http.client.HTTPConnection, aws: AwsClients, bucket: str) -> None:
    connection.request("PUT", f"/{bucket}/chunks", iter([b"one", b"two"]), S3, encode_chunked=True)
    connection.getresponse().read()

    assert aws("s3").get_object(Bucket=bucket, Key="chunks")["Body"].read() == b"onetwo"


def test_whoever_expects_to_be_told_to_go_on_is_told_once(aws: AwsClients, bucket: str) -> None:
    host, port = aws.endpoint_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as client, client.makefile("rb") as stream:
        head = (
            f"PUT /{bucket}/expected HTTP/1.1\r\nHost: x\r\nAuthorization: {S3['Authorization']}\r\n"
            "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        client.sendall(head.encode())
        assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert stream.readline() == b"\r\n"
        client.sendall(b"body")
        assert stream.readline().startswith(b"HTTP/1.1 200 ")


def test_whoever_asks_to_close_is_obeyed(connection: http.client.HTTPConnection) -> None:
    answer(connection, "POST", "/", b"{}", {**LIST_TABLES, "Connection": "close"})

    assert connection.sock is None
