"""Incidents to practise on, each prepared on a local stack and solved by its section of docs/operations.md alone."""
