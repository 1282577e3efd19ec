"""Loops for ever."""

number = 0
while True:
    number += 1
