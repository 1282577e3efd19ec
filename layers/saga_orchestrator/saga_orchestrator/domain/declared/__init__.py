"""What a definition says, looked at when it is imported: its mistakes, and what its functions read."""
