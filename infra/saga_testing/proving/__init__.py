"""Prove a definition: everything that participants, people and time can do to its sagas, and what must always hold."""

from saga_testing.proving.coverage import Coverage, Place, possible
from saga_testing.proving.oracles import ORACLES, verdict
from saga_testing.proving.searching import Finding, Search
from saga_testing.proving.subject import Subject, other_settings

__all__ = ["ORACLES", "Coverage", "Finding", "Place", "Search", "Subject", "other_settings", "possible", "verdict"]
