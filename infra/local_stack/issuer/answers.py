"""What goes back over the wire, and the one page."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from local_stack.issuer.people import Person

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0 16px}"
    "h1{font-size:20px}p{display:flex;gap:16px;align-items:center;margin:8px 0}"
    "button{font:inherit;min-width:112px;padding:8px 12px}"
)
_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, status: int, content: Mapping[str, Any], **headers: str) -> "Answer":
        told = {"content-type": "application/json", "cache-control": "no-store", **headers}
        return cls(status, json.dumps(content).encode(), told)

    @classmethod
    def of_page(cls, status: int, title: str, content: str) -> "Answer":
        page = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
            f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
        )
        headers = {
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
            "content-security-policy": _POLICY,
            "referrer-policy": "no-referrer",
        }
        return cls(status, page.encode(), headers)

    @classmethod
    def of_redirect(cls, redirect_uri: str, **parts: str) -> "Answer":
        mark = "&" if urlsplit(redirect_uri).query else "?"
        place = f"{redirect_uri}{mark}{urlencode(parts)}"
        return cls(303, b"", {"location": place, "cache-control": "no-store", "referrer-policy": "no-referrer"})


def sign_in_page(request: str, people: Iterable[Person]) -> Answer:
    """Buttons, for whoever wants to try; there is no password on loopback."""
    buttons = "".join(map(_button, people))
    form = f'<form method="post" action="sign-in"><input type="hidden" name="request" value="{escape(request)}">'
    return Answer.of_page(200, "Sign in to the local stack", f"{form}{buttons}</form>")


def _button(person: Person) -> str:
    name = escape(person.name)
    return f'<p><button name="person" value="{name}">{name}</button> {escape(person.what)}</p>'


def refusal_page(reason: str) -> Answer:
    """Where nobody may be sent back to: who asked is not known."""
    return Answer.of_page(400, "This sign-in cannot go on", f"<p>{escape(reason)}</p>")
