"""The list of rejected events, and what settles them."""
