"""What a producer wraps around an event's fields, or writes in place of JSON: CloudEvents, and schema registries."""
