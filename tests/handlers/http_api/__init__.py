"""The function `api`, over tables in memory: what the gateway sends, and what it is answered."""
