"""`python -m tests.release.docs.http_api` writes docs/openapi.yaml."""

from tests.release.docs.http_api.openapi import OPENAPI, text

OPENAPI.write_text(text(), encoding="utf-8")
