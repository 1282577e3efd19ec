"""The gateway in front of the stack's functions: the template's own routes, and signatures that are checked."""

from local_stack.http_front.declared import API, HTTP_API_TYPES, INTEGRATION, ROUTE, DeclaredApi
from local_stack.http_front.serving import HttpFront
from local_stack.http_front.signatures import CALLERS, SECRET

__all__ = ["API", "CALLERS", "HTTP_API_TYPES", "INTEGRATION", "ROUTE", "SECRET", "DeclaredApi", "HttpFront"]
