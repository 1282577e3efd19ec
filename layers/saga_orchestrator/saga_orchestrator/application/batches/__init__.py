"""One verb for many sagas: choosing, freezing, beginning, running."""
