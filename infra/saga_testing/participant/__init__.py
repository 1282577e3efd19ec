"""A participant in process: a reference that keeps every rule of the contract, and the rules to hold another one to.

    def test_our_warehouse_keeps_the_contract() -> None:
        assert broken_rules(lambda business, memory: Warehouse(business, memory).take) == []

`saga_testing.participant_contract` plays the contract against one that runs, over its bus or its topics.
"""

from saga_testing.participant.reference import Participant
from saga_testing.participant.rules import RULES, Business, Makes, Play, Takes, broken_rules

__all__ = ["RULES", "Business", "Makes", "Participant", "Play", "Takes", "broken_rules"]
