"""Sagas and releases: bringing what runs to a newer version of its definition."""
