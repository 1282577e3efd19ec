"""Asks for more memory than its limit allows."""

print("asking for a gigabyte", flush=True)
block = bytearray(1024 * 1024 * 1024)
print("got", len(block))
