"""Events, requests and values as senders write them."""
