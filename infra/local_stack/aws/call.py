"""Who calls which AWS operation, read from the request alone: the key id names the function, the target header or the
path names the operation."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[^/]+/([^/]+)/([^/]+)/")
_INVOKE = re.compile(r"^/2015-03-31/functions/([^/]+)/invocations/?$")

_OBJECT_OPERATIONS = {
    "PUT": "PutObject",
    "GET": "GetObject",
    "HEAD": "HeadObject",
    "DELETE": "DeleteObject",
    "POST": "PostObject",
}
_BUCKET_OPERATIONS = {
    "PUT": "CreateBucket",
    "GET": "ListObjectsV2",
    "HEAD": "HeadBucket",
    "DELETE": "DeleteBucket",
    "POST": "DeleteObjects",
}


def caller_of(environ: Mapping[str, Any]) -> str:
    """The access key id of the request; empty when it is unsigned."""
    match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    return match[1] if match else ""


def operation_of(environ: Mapping[str, Any]) -> str:
    """`service:Operation` as IAM names it, for the services the stack provides."""
    match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = match[3] if match else "s3"
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        prefix, _, name = target.rpartition(".")
        return f"{'dynamodbstreams' if prefix.startswith('DynamoDBStreams') else service}:{name}"
    path, method = environ.get("PATH_INFO", "/"), environ.get("REQUEST_METHOD", "GET")
    if invoked_function(environ):
        return "lambda:Invoke"
    if service == "s3":
        return "s3:" + _s3_operation(path, method, environ.get("QUERY_STRING", ""))
    return f"{service}:{method} {path}"


def _s3_operation(path: str, method: str, query: str) -> str:
    bucket, _, key = path.lstrip("/").partition("/")
    if not bucket:
        return "ListBuckets"
    if key:
        return "CopyObject" if method == "COPY" else _OBJECT_OPERATIONS.get(method, method)
    subresource = next(iter(parse_qs(query, keep_blank_values=True)), "")
    if method == "PUT" and subresource:
        return f"PutBucket:{subresource}"
    return _BUCKET_OPERATIONS.get(method, method)


def invoked_function(environ: Mapping[str, Any]) -> str | None:
    """The function that a Lambda Invoke request names, by name or ARN, with or without a qualifier; None for any other
    request."""
    match = _INVOKE.match(environ.get("PATH_INFO", ""))
    if not match or environ.get("REQUEST_METHOD") != "POST":
        return None
    return function_name_of(unquote(match[1]))


def function_name_of(identifier: str) -> str:
    """API Reference, Invoke: a name, a partial ARN or an ARN, each optionally with `:qualifier`."""
    if identifier.startswith("arn:"):
        return identifier.split(":")[6]
    parts = identifier.split(":")
    if "function" in parts:
        return parts[parts.index("function") + 1]
    return parts[0]
