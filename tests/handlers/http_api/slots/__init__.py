"""Slots of languages and their limits."""
