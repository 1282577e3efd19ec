"""A small report: sums by category, as JSON."""

import json

sales = [("books", 12.5), ("games", 30.0), ("books", 7.25), ("music", 9.0), ("games", 2.5)]
totals = {}
for category, amount in sales:
    totals[category] = totals.get(category, 0) + amount
print(json.dumps(totals, indent=2, sort_keys=True))
