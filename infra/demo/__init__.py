"""The demo: several hundred executions of real scripts on the local stack, each with the outcome that is expected of
it.
"""
