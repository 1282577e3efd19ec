"""The decision for executions: how their sagas begin, what comes early, what is refused, and how they end."""
