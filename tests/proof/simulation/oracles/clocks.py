"""The oracle of functions whose clock is off by more than AWS takes: what it refuses is not done, nor called done.

What is done is therefore off by five minutes at most, and S10 judges it by the clock of whoever did it.
"""

from typing import Final

from tests.proof.simulation.oracles.registry import UNCONCERNED, When, oracle
from tests.proof.simulation.world.lambda_service import Invocation
from tests.proof.simulation.world.ledger import Ledger

SERVER_ERROR: Final = 500


@oracle(
    "S27",
    When.RETURNED,
    "whoever AWS does not hear for his clock says that he is not through, so that another is asked",
)
def unheard_is_undone(_ledger: Ledger, invocation: Invocation, how: str) -> str | None:
    if not invocation.unheard:
        return UNCONCERNED
    answer = invocation.answer if isinstance(invocation.answer, dict) else {}
    if (
        how
        or answer.get("batchItemFailures")
        or answer.get("unfinished")
        or answer.get("statusCode", 0) >= SERVER_ERROR
    ):
        return None
    return (
        f"{invocation.function} was refused {invocation.unheard} calls for its clock, and answers {invocation.answer}"
    )
