"""S3 as a client object: whole objects, put and read back at once (reads after writes are strongly consistent)."""

import hashlib
import io
from typing import Any, Final

from botocore.exceptions import ClientError

from saga_testing.aws.errors import check_parameters, client_error

MAX_KEY_BYTES: Final = 1024
MAX_PUT_BYTES: Final = 5 * 1024**3
MAX_LISTED: Final = 1000

_METADATA: Final = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RequestId": "simulated", "RetryAttempts": 0}
_PUT_PARAMETERS: Final = (
    frozenset({"Bucket", "Key"}),
    frozenset({"Bucket", "Key", "Body", "ContentType", "Metadata", "IfNoneMatch", "ChecksumAlgorithm"}),
)
_KEY_PARAMETERS: Final = (frozenset({"Bucket", "Key"}), frozenset({"Bucket", "Key"}))
_LIST_PARAMETERS: Final = (
    frozenset({"Bucket"}),
    frozenset({"Bucket", "Prefix", "MaxKeys", "ContinuationToken", "StartAfter"}),
)


class SimulatedS3:
    """Buckets of bytes. `objects(bucket)` is for oracles; deleting from it is what a lifecycle rule does."""

    def __init__(self, *buckets: str) -> None:
        self._buckets: dict[str, dict[str, bytes]] = {name: {} for name in buckets}

    def create_bucket(self, **request: Any) -> dict[str, Any]:
        self._buckets.setdefault(request["Bucket"], {})
        return _reply(Location="/" + request["Bucket"])

    def objects(self, bucket: str) -> dict[str, bytes]:
        return self._buckets[bucket]

    def put_object(self, **request: Any) -> dict[str, Any]:
        check_parameters(request, *_PUT_PARAMETERS)
        bucket, key = self._bucket("PutObject", request["Bucket"]), request["Key"]
        if len(key.encode()) > MAX_KEY_BYTES:
            raise client_error("PutObject", "KeyTooLongError", "Your key is too long")
        if request.get("IfNoneMatch") == "*" and key in bucket:
            message = "At least one of the pre-conditions you specified did not hold"
            raise client_error("PutObject", "PreconditionFailed", message, status=412)
        content = request.get("Body", b"")
        content = content.encode() if isinstance(content, str) else bytes(content)
        if len(content) > MAX_PUT_BYTES:
            raise client_error("PutObject", "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        bucket[key] = content
        return _reply(ETag=_etag(content))

    def get_object(self, **request: Any) -> dict[str, Any]:
        check_parameters(request, *_KEY_PARAMETERS)
        content = self._bucket("GetObject", request["Bucket"]).get(request["Key"])
        if content is None:
            raise client_error("GetObject", "NoSuchKey", "The specified key does not exist.", status=404)
        return _reply(Body=io.BytesIO(content), ContentLength=len(content), ETag=_etag(content))

    def head_object(self, **request: Any) -> dict[str, Any]:
        check_parameters(request, *_KEY_PARAMETERS)
        content = self._buckets.get(request["Bucket"], {}).get(request["Key"])
        if content is None:
            # An answer to HEAD has no body, so nothing in it could say which of the two is missing.
            raise client_error("HeadObject", "404", "Not Found", status=404)
        return _reply(ContentLength=len(content), ETag=_etag(content))

    def delete_object(self, **request: Any) -> dict[str, Any]:
        """Deleting what is not there succeeds."""
        check_parameters(request, *_KEY_PARAMETERS)
        self._bucket("DeleteObject", request["Bucket"]).pop(request["Key"], None)
        return _reply()

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        """In the order of the keys' UTF-8 bytes, at most 1,000 a page."""
        check_parameters(request, *_LIST_PARAMETERS)
        bucket, prefix = self._bucket("ListObjectsV2", request["Bucket"]), request.get("Prefix", "")
        after = request.get("ContinuationToken") or request.get("StartAfter") or ""
        keys = sorted(key for key in bucket if key.startswith(prefix) and key > after)
        page = keys[: min(request.get("MaxKeys", MAX_LISTED), MAX_LISTED)]
        reply = _reply(KeyCount=len(page), IsTruncated=len(page) < len(keys), Name=request["Bucket"], Prefix=prefix)
        if page:
            reply["Contents"] = [{"Key": key, "Size": len(bucket[key]), "ETag": _etag(bucket[key])} for key in page]
        if reply["IsTruncated"]:
            reply["NextContinuationToken"] = page[-1]
        return reply

    def _bucket(self, operation: str, name: str) -> dict[str, bytes]:
        if name not in self._buckets:
            raise _no_bucket(operation)
        return self._buckets[name]


def _no_bucket(operation: str) -> ClientError:
    return client_error(operation, "NoSuchBucket", "The specified bucket does not exist", status=404)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _reply(**members: Any) -> dict[str, Any]:
    return {**members, "ResponseMetadata": _METADATA}
