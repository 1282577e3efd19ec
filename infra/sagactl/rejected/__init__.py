"""What was rejected, given up or never delivered: where it is kept, and how it is settled."""
