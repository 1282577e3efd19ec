"""The local worker: stands in for the Kubernetes worker and keeps the obligations of docs/worker-contract.md."""
