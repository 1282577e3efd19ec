"""What is said about a definition: its mistakes, its fingerprint, and which numbers a deployment may give it."""
