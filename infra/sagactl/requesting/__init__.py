"""An execution from its request to its answer, as a sender meets it: checked, put on the bus, followed."""
