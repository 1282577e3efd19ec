"""The hand-made demo as fixtures."""

import pytest

from local_stack.demo.play import Outcome
from local_stack.demo.verification import Evidence
from tests.demo.hand_made import outcome_of, perfect_evidence


@pytest.fixture
def evidence() -> Evidence:
    return perfect_evidence()


@pytest.fixture
def outcome(evidence: Evidence) -> Outcome:
    return outcome_of(evidence)
