"""What operators make of what was rejected: looked at in order, delivered again, or dropped, each with an act."""
