"""Limits: claims on the counters of languages, and the one codec of their keys."""
