"""Tell a saga's story, and hold the engine to it.

    def test_stock_is_refused() -> None:
        s = Scenario(ORDER)
        s.starts(customer="c-1", amount=100, items=[{"sku": "a", "quantity": 1}])
        s.expects("RESERVE_CREDIT_COMMAND", amount=100)
        s.replies(done)
        s.expects("RESERVE_STOCK_COMMAND")
        s.replies(refused, reason="sold_out")
        s.expects("RELEASE_CREDIT_COMMAND")
        s.replies(done)
        s.ends("failed", reason="sold_out")

It runs the real functions, codec, relay and timeout checker over a table whose conditions are AWS's, on a clock that
stands still until `after`. A message that nobody expects fails it, as one that does not come, and the text of the
failure tells what was sent and all that happened.
"""

from typing import Final

from saga_orchestrator.domain.flow.terms import Answer
from saga_orchestrator.domain.flow.verbs import Verb
from saga_testing.faults import Fault
from saga_testing.scenario.scenario import Scenario

done: Final = Answer.DONE
refused: Final = Answer.REFUSED
failed: Final = Answer.FAILED
retry: Final = Verb.RETRY
resolve: Final = Verb.RESOLVE
skip: Final = Verb.SKIP
undo: Final = Verb.UNDO

__all__ = ["Fault", "Scenario", "done", "failed", "refused", "resolve", "retry", "skip", "undo"]
