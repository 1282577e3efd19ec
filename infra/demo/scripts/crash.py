"""Ends with an exception that nobody catches."""

orders = {"A-1": 3}
print("looking up an order")
print(orders["A-2"])
