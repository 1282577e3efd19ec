"""Two processes beside each other: what became of the same executions in both."""
