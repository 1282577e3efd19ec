"""What the routes of operations take: every part of it checked, so that no slip of the hand means "all"."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from saga_orchestrator.application.batches.choosing import BATCHED
from saga_orchestrator.application.listing import Order
from saga_orchestrator.domain.operating.authority import Deed

from .instants import millis_of
from .requests import Body

_LISTS: Final = sorted({order for orders in BATCHED.values() for order in orders})

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Language = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+._-]{0,63}$")]
Reason = Annotated[str, Field(min_length=1)]


def _instant(text: str) -> str:
    millis_of(text)
    return text


class Filter(Body):
    """Parts of a group's kind; a part that is left out is any."""

    reason: Code = ""
    step: Name = ""
    saga_name: Name = ""
    language: Language = ""

    @property
    def parts(self) -> dict[str, str]:
        given: dict[str, Any] = self.model_dump(exclude_unset=True)
        return given


class Preparing(Body):
    """`of` is the list, `before` the cut-off: RFC 3339 with an offset, and not in the future."""

    verb: Annotated[str, Field(pattern=f"^({'|'.join(BATCHED)})$")]
    of: Annotated[str, Field(pattern=f"^({'|'.join(_LISTS)})$")]
    filter: Filter
    before: Annotated[str, Field(max_length=40), AfterValidator(_instant)]
    reason: Reason

    @property
    def deed(self) -> Deed:
        return Deed(self.verb)

    @property
    def order(self) -> Order:
        return Order(self.of)


class Starting(Body):
    """Why, as it is kept with each act."""

    reason: Reason


class Aborting(Body):
    """To stop something nobody is asked for a reason; it is kept where one is given."""

    reason: str = ""
