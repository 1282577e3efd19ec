"""Who can sign in: one for each role, two owners, and somebody who is nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SCOPE: Final = "sagas/use"


@dataclass(frozen=True)
class Person:
    """Claims as a user pool of Cognito makes them."""

    name: str
    what: str
    """For the page on which he is chosen."""
    groups: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        return f"local-{self.name}"

    def claims(self) -> dict[str, Any]:
        groups = {"cognito:groups": list(self.groups)} if self.groups else {}
        return {"sub": self.subject, "username": self.name, **groups}


PEOPLE: Final[Mapping[str, Person]] = {
    person.name: person
    for person in (
        Person("reader", "sees every saga", ("readers",)),
        Person("operator", "sees and acts", ("operators",)),
        Person("admin", "sees, acts, and does what cannot be taken back", ("admins",)),
        Person("ada", "owns the sagas of user_id ada"),
        Person("grace", "owns the sagas of user_id grace"),
    )
}
SETTINGS: Final[Mapping[str, str]] = {
    "ApiScope": SCOPE,
    "RoleClaim": "cognito:groups",
    "RoleMap": "readers:reader,operators:operator,admins:admin",
    "OwnerClaim": "username",
}
"""Of a stack that believes this issuer: what each of them is there."""
