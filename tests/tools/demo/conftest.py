"""The hand-made demo as fixtures."""

import pytest

from demo.playing import Outcome
from demo.verification import Evidence
from tests.tools.demo.hand_made import outcome_of, perfect_evidence


@pytest.fixture
def evidence() -> Evidence:
    return perfect_evidence()


@pytest.fixture
def outcome(evidence: Evidence) -> Outcome:
    return outcome_of(evidence)
