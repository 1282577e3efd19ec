"""One verb for many sagas."""
