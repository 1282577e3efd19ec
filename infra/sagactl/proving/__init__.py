"""What `sagactl prove` says of a proof."""
