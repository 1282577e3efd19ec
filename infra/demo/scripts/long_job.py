"""Would run for a minute, if nobody stopped it."""

import time

print("begun", flush=True)
time.sleep(60)
print("done")
