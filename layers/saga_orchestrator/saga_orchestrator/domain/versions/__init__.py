"""Sagas and releases: what code at hand makes of a saga that other code began, and how it comes to a newer version."""
