"""What is asked for: the parts of an HTTP request that count, read strictly."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

from saga_orchestrator.domain.errors import RejectedEvent
from saga_orchestrator.domain.operating.batches import KEY_PREFIX
from saga_orchestrator.domain.saga import Saga
from saga_orchestrator.entrypoints.strict_json import decode_base64, parse_object

from .problems import Problem, bad_request

MAX_BODY_BYTES: Final = 64 * 1024
_ETAG: Final = re.compile(r'"v(\d{1,15})-(\d{1,15})"', re.ASCII)

ModelT = TypeVar("ModelT", bound=BaseModel)


class Body(BaseModel):
    """Of every request that has one: what is not named in it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Request:
    """`path` holds the parameters of the route's own template; the path itself is never looked at, for the gateway
    hands it over decoded. Names of headers are in lower case. `repeated` names what the query has more than once: the
    gateway joins it to one text, which may look like another value.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    repeated: frozenset[str] = frozenset()

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Request":
        headers = {name.lower(): value for name, value in _texts(event.get("headers")).items()}
        if headers.get("content-encoding", "identity") != "identity":
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_encoding", "Send the body as it is.")
        path, query = _texts(event.get("pathParameters")), _texts(event.get("queryStringParameters"))
        return cls(path, query, headers, _body(event), _repeated(event.get("rawQueryString")))

    def parsed(self, model: type[ModelT]) -> ModelT:
        """The body as `model`; none at all is an empty object.

        Raises:
            Problem: it is no JSON object, or not such a one.
        """
        try:
            fields = parse_object(self.body) if self.body else {}
        except RejectedEvent as rejected:
            raise bad_request("bad_json", f"The body is no JSON object that can be read: {rejected.reason}.") from None
        try:
            return model.model_validate(fields)
        except ValidationError as invalid:
            faults = _faults(invalid, model)
            told = "; ".join(f"{fault['field'] or 'a field'}: {fault['problem']}" for fault in faults)
            raise bad_request("bad_body", f"The body is not what this route takes. {told}.", errors=faults) from None

    def only(self, known: Collection[str]) -> None:
        """
        Raises:
            Problem: the query has something else.
        """
        if self.query.keys() - set(known):
            served = ", ".join(sorted(known)) or "nothing"
            raise bad_request("unknown_parameter", f"In the query this route knows {served}.")
        if self.repeated:
            twice = ", ".join(sorted(self.repeated & set(known))) or "a name"
            raise bad_request("repeated_parameter", f"The query has {twice} more than once: say which is meant.")

    @property
    def idempotency_key(self) -> str:
        key = self.headers.get("idempotency-key")
        if not key:
            raise bad_request("idempotency_key_needed", "Send an Idempotency-Key: the same again does nothing twice.")
        if key.startswith(KEY_PREFIX):
            raise bad_request("malformed", f"No key of yours begins with {KEY_PREFIX}: operations' own acts do.")
        return key

    @property
    def if_match(self) -> tuple[int, int] | None:
        """Version and creation."""
        tag = self.headers.get("if-match")
        if tag is None:
            return None
        found = _ETAG.fullmatch(tag)
        if found is None:
            raise bad_request("bad_if_match", "If-Match takes one ETag, as it was answered with.")
        return int(found[1]), int(found[2])


def etag(saga: Saga) -> str:
    """Version and creation: one that expired and began again is another one."""
    return f'"v{saga.version}-{saga.created_at}"'


def _texts(value: Any) -> dict[str, str]:
    """The gateway leaves a part out, or null, where there is nothing of it."""
    if not isinstance(value, Mapping):
        return {}
    return {str(name): text for name, text in value.items() if isinstance(text, str)}


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body")
    if text is None:
        return b""
    if not isinstance(text, str) or len(text) > 2 * MAX_BODY_BYTES:
        raise _too_large()
    try:
        content = decode_base64(text) if event.get("isBase64Encoded") is True else text.encode()
    except (RejectedEvent, UnicodeEncodeError):
        raise bad_request("bad_body", "The body cannot be decoded.") from None
    if len(content) > MAX_BODY_BYTES:
        raise _too_large()
    return content


def _too_large() -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"A body has at most {MAX_BODY_BYTES} bytes.")


def _repeated(raw: Any) -> frozenset[str]:
    names = [name for name, _ in parse_qsl(raw, keep_blank_values=True)] if isinstance(raw, str) else []
    return frozenset(name for name in names if names.count(name) > 1)


def _faults(invalid: ValidationError, model: type[BaseModel]) -> list[dict[str, str]]:
    """By our own fields' names; a name that we do not know is the sender's own word, and not repeated."""
    return [
        _fault(model, error["loc"], f"{error['type']}, {error['msg'][:1].lower()}{error['msg'][1:]}")
        for error in invalid.errors(include_input=False, include_url=False, include_context=False)
    ]


def _fault(model: type[BaseModel], place: tuple[int | str, ...], problem: str) -> dict[str, str]:
    """Where it is, from field to field of the models: `filter.reason`."""
    path: list[str] = []
    for part in map(str, place):
        if part not in model.model_fields:
            known = ", ".join(model.model_fields) or "nothing"
            return {"field": ".".join(path), "problem": f"unknown_field; known: {known}"}
        path.append(part)
        inner = model.model_fields[part].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model = inner
    return {"field": ".".join(path), "problem": problem}
