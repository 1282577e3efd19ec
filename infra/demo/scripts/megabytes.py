"""Prints three megabytes to standard output and one to standard error."""

import sys

line = "0123456789abcdef" * 8 + "\n"
for number in range(3 * 1024 * 1024 // len(line)):
    sys.stdout.write(line)
    if number % 3 == 0:
        sys.stderr.write(line)
print("done")
