"""Sagas that wait: steps that ask and are answered, undos that are confirmed, a point of no return."""
