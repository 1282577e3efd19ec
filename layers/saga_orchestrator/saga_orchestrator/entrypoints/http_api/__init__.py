"""HTTP API: who asks, what he asks for, and what he is told."""
