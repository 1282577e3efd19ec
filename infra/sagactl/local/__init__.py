"""The stack on this machine, and the demo on it: begun, shown while it runs, and ended by a signal."""
