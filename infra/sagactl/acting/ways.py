"""Which way a command goes: over the stack's HTTP API where it has one, or straight to AWS, as the caller says.

And the options of every command that acts.
"""

from typing import Annotated

import typer

from sagactl.acting.over_http import HttpApi
from sagactl.deployment import Deployment
from sagactl.errors import NotUsableError

Direct = Annotated[bool, typer.Option("--direct", help="Straight to AWS, also where the stack has an HTTP API.")]
Api = Annotated[str | None, typer.Option("--api", help="URL of the HTTP API; by default the one that the stack tells.")]
Why = Annotated[str, typer.Option("--reason", help="Why; at most 200 bytes, kept with your name.")]
Actor = Annotated[str | None, typer.Option("--as", help="Who does it; by default your AWS identity.")]
Key = Annotated[str | None, typer.Option("--key", help="Of an earlier try: what was done is not done again.")]


def api_of(stack: Deployment, url: str | None, *, direct: bool) -> HttpApi | None:
    """None: straight to AWS, because the caller wants it or because the stack has no API."""
    if direct and url is not None:
        raise NotUsableError("--api and --direct are two ways: choose one")
    return None if direct else HttpApi.of(stack, url)


def has_api(stack: Deployment) -> bool:
    """Then whatever goes another way goes past its doors."""
    return HttpApi.of(stack, None) is not None


def needed(api: HttpApi | None, stack: Deployment) -> HttpApi:
    if api is None:
        raise NotUsableError(
            f"stack {stack.stack_name} has no HTTP API, and this goes no other way: deploy it with Api=iam"
        )
    return api
