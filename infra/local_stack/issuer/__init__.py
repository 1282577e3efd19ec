"""An OpenID Connect issuer on loopback: signs in whoever wants to try the stack, as whom he likes, without a password.

A real one in what clients and the gateway see of it: discovery, keys, code flow with PKCE, access and ID tokens.

    issuer = Issuer(); issuer.clients.serve_console_at("http://127.0.0.1:8080"); ...; issuer.close()
    access_token(issuer.url, "operator")
"""

from local_stack.issuer.people import PEOPLE
from local_stack.issuer.serving import Issuer
from local_stack.issuer.without_browser import SignInFailed, access_token

__all__ = ["PEOPLE", "Issuer", "SignInFailed", "access_token"]
