"""Runs on the real functions, beside the pure core: seeded worlds, and deliveries at the same time."""
