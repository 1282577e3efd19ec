"""Takes its time, and says how far it is."""

import time

for step in range(1, 4):
    time.sleep(0.5)
    print("step", step, "of 3", flush=True)
