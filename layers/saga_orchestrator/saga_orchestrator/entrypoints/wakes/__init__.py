"""The entry point of the queue of wakes."""
