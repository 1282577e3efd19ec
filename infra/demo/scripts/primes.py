"""Prime numbers by the sieve of Eratosthenes."""

limit = 5000
candidates = bytearray([1]) * (limit + 1)
candidates[0:2] = b"\0\0"
for number in range(2, int(limit**0.5) + 1):
    if candidates[number]:
        candidates[number * number :: number] = bytes(len(range(number * number, limit + 1, number)))
print(sum(candidates), "primes up to", limit)
