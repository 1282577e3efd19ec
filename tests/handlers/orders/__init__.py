"""The order saga through the real handlers, over a table in memory."""
