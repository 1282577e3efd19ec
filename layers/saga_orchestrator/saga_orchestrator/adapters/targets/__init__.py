"""Where the relays publish to."""
