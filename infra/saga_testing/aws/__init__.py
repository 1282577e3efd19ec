"""AWS as the simulator needs it: client objects with botocore's keyword arguments, reply shapes and errors.

Single-threaded, without randomness and without a clock of their own: the same calls give the same replies.
`tests/contracts` holds them to what AWS documents.
"""
