"""What an author wrote: inputs that reach all of it, and whether it always answers alike."""
