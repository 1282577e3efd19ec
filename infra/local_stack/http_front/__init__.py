"""The gateway in front of the stack's functions: the template's own routes; signatures and tokens are checked."""

from local_stack.http_front.declared import API, AUTHORIZER, HTTP_API_TYPES, INTEGRATION, ROUTE, DeclaredApi
from local_stack.http_front.serving import HttpFront
from local_stack.http_front.signatures import CALLERS, SECRET

__all__ = [
    "API",
    "AUTHORIZER",
    "CALLERS",
    "HTTP_API_TYPES",
    "INTEGRATION",
    "ROUTE",
    "SECRET",
    "DeclaredApi",
    "HttpFront",
]
