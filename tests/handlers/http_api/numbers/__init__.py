"""Counts of sagas: groups, the summary, statistics."""
