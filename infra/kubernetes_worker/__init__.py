"""A worker for Kubernetes: a Job for each execution, and events about what becomes of its pod.

It keeps `docs/worker-contract.md` with what a cluster offers, and keeps nothing in memory that a restart would lose.
`python -m kubernetes_worker` runs it; `docs/kubernetes-worker.md` says how it is deployed.
"""
