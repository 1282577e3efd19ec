"""The command `sagactl`: `commands` has a module for each, the rest is what they share.

`sagactl.__main__` starts it; nothing imports it.
"""
