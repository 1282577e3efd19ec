"""Keys that are made at the start and gone at the end, and what is signed with them."""

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import RSAKey

from local_stack.issuer.people import Person

ALGORITHM: Final = "RS256"
LIFETIME_SECONDS: Final = 3600


class Signing:
    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._id = secrets.token_hex(8)
        self._key = RSAKey.generate_key(2048)

    def public_keys(self) -> dict[str, Any]:
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._id, "use": "sig", "alg": ALGORITHM}]}

    def access_token(self, issuer: str, person: Person, client: str, scope: str) -> str:
        """As a user pool of Cognito makes it: for whom it is stands in client_id, and there is no aud."""
        own = {"client_id": client, "scope": scope, "token_use": "access"}
        return self.signed({**self._times(), "iss": issuer, **person.claims(), **own})

    def id_token(self, issuer: str, person: Person, client: str, nonce: str | None) -> str:
        own = {"aud": client, "token_use": "id", **({"nonce": nonce} if nonce else {})}
        return self.signed({**self._times(), "iss": issuer, **person.claims(), **own})

    def signed(self, claims: dict[str, Any]) -> str:
        """Tests sign what an issuer should not."""
        return jwt.encode({"alg": ALGORITHM, "kid": self._id}, claims, self._key)

    def _times(self) -> dict[str, Any]:
        now = int(self._clock())
        return {"iat": now, "nbf": now, "exp": now + LIFETIME_SECONDS, "jti": secrets.token_hex(8)}
