"""Keeps its slot of the language's limit for a while."""

import time

time.sleep(9)
print("slot held for nine seconds")
