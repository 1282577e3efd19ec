"""The worker's contract, played: `python -m saga_testing.worker_contract --bus NAME` or `--kafka BOOTSTRAP`.

It stands where the orchestrator stands, sends commands to a worker that has a bus or topics of its own, and says which
clauses of `docs/worker-contract.md` that worker keeps.
"""
