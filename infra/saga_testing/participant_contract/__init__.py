"""The participant's contract, played: `python -m saga_testing.participant_contract --bus NAME --command TYPE ...`.

It stands where a saga stands, sends one step's commands to a participant that has a bus or topics of its own, and says
which rules of `docs/participant-contract.md` that participant keeps.
"""
