"""From the gateway's event to a file. Nothing that is sent makes it raise, and no path that is sent is ever looked up:
the route's key decides, and a parameter is a name in a table that was made before the request came.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from .files import INDEX, File, files_in
from .settings import ConsoleSettings

CONFIG: Final = "config.json"
ONE_FILE: Final = "GET /console/{file}"
ROUTES: Final = ("GET /console/", ONE_FILE)
"""template.yaml declares the same ones."""

_FOR_EVER: Final = "public, max-age=31536000, immutable"


def handle(event: Any, site: Path) -> dict[str, Any]:
    return _console(site).answer(event)


@cache
def _console(site: Path) -> "Console":
    """Once a process."""
    return Console(files_in(site), ConsoleSettings.from_environment())


@dataclass(frozen=True, slots=True)
class Console:
    files: Mapping[str, File]
    settings: ConsoleSettings
    _config: File = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_config", File.of(CONFIG, self.settings.for_the_browser()))

    def answer(self, event: Any) -> dict[str, Any]:
        """Payload format 2.0 of an HTTP API."""
        found = self._asked_for(event if isinstance(event, Mapping) else {})
        headers = self.headers()
        if found is None:
            headers |= {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
            return {"statusCode": 404, "headers": headers, "body": "There is no such file.\n"}
        headers |= {
            "cache-control": _FOR_EVER if found.immutable else "no-cache",
            "etag": found.tag,
            "vary": "accept-encoding",
        }
        if _knows(_header(event, "if-none-match"), found.tag):
            return {"statusCode": 304, "headers": headers}
        headers["content-type"] = found.content_type
        if not _takes_gzip(_header(event, "accept-encoding")):
            return {"statusCode": 200, "headers": headers, "body": found.content.decode()}
        headers["content-encoding"] = "gzip"
        body = base64.b64encode(found.zipped).decode()
        return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}

    def headers(self) -> dict[str, str]:
        """On every answer. Scripts, styles and pictures come from here alone, nothing is written into a page as markup,
        and a browser speaks to this API and to whoever gives tokens.
        """
        policy = (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {self.settings.token_origin}".rstrip(),
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
        return {
            "content-security-policy": "; ".join(policy),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }

    def _asked_for(self, event: Mapping[str, Any]) -> File | None:
        route = event.get("routeKey")
        if route != ONE_FILE:
            return self.files[INDEX] if isinstance(route, str) and route in ROUTES else None
        parameters = event.get("pathParameters")
        name = parameters.get("file") if isinstance(parameters, Mapping) else None
        if not isinstance(name, str):
            return None
        return self._config if name == CONFIG else self.files.get(name)


def _header(event: Mapping[str, Any], wanted: str) -> str:
    headers = event.get("headers")
    given = headers.items() if isinstance(headers, Mapping) else ()
    return next((text for name, text in given if str(name).lower() == wanted and isinstance(text, str)), "")


def _knows(if_none_match: str, tag: str) -> bool:
    return tag in {each.strip() for each in if_none_match.split(",")}


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.split(","):
        coding, *parameters = (part.strip().lower() for part in each.split(";"))
        if coding == "gzip":
            return not any(
                parameter.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for parameter in parameters
            )
    return False
