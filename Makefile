# Every target installs what it needs into the checkout: .tools/ (uv), .venv/ (Python packages), node_modules/ (the CDK CLI).
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.9
NODE_MINIMUM := 22

UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
NODE_MAJOR := $(shell node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/' || true)
NODE_GROUP := $(shell [ "$(or $(NODE_MAJOR),0)" -ge $(NODE_MINIMUM) ] 2>/dev/null || echo "--group node")
# --inexact: a smaller target does not take away what a larger one installed.
SYNC := $(UV) sync --frozen --inexact $(NODE_GROUP)

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON ?= $(PYTHON)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1
# Empty is off: where a shell forbids bytecode, each process compiles its libraries anew, for up to five seconds of CPU.
export PYTHONDONTWRITEBYTECODE :=

ENVIRONMENT ?= dev
ALL_ON := --context segment=on --context segment_live=on --context personalize=on --context messaging=pinpoint --context consent_lock=on --context superseded_consent_years=5 \
	--context segment_lambda=on --context segment_external_id=9aQ1Lj62S4bomZKLF4DPqW \
	--context segment_event_source=aws.partner/segment.com/9aQ1Lj62S4bomZKLF4DPqW

.PHONY: help setup demo test check unit bench faults notebooks synth deploy destroy definitions docs down clean lock

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.tools/uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: set PYTHON=/path/to/python3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null || { echo "$(PYTHON) has no pip: install it (Debian: python3-pip), or put uv on the PATH" >&2; exit 1; }
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools/uv uv==$(UV_VERSION)

.venv/.sandbox: pyproject.toml uv.lock $(filter .tools/%,$(UV))
	$(SYNC) --group sandbox
	@touch $@

.venv/.test: pyproject.toml uv.lock $(filter .tools/%,$(UV))
	$(SYNC) --group test --group check
	@touch .venv/.sandbox $@

node_modules/.installed: package-lock.json .venv/.sandbox
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

setup: .venv/.sandbox node_modules/.installed ## Install everything into the checkout

demo: setup ## See the whole loop on this machine: deploy, generate a shop, onboard, score, deliver, report
	omni demo

down: setup ## Stop the sandbox: what was deployed goes, logs and the generated shop stay (`omni down --wipe` forgets all)
	omni down

check: .venv/.test node_modules/.installed ## Format, lint, types, import contracts, unit tests
	ruff format --check .
	ruff check .
	mypy
	lint-imports --no-cache
	pytest tests/unit -n 2 -q

unit: .venv/.test ## Unit tests alone
	pytest tests/unit -n 2 -q

test: .venv/.test node_modules/.installed ## Every test, with the time each suite took
	@python tests/run.py

.venv/.bench: .venv/.test
	$(SYNC) --group bench
	@touch $@

bench: .venv/.bench ## Measure speed and memory as ratios to a floor measured in the same run: a table, out/bench.json
	@python -m tests.benchmarks --out out/bench.json

faults: .venv/.test ## Break everything that can break, with every seed: a table, out/faults.json
	@python -m tests.faults --out out/faults.json

notebooks: .venv/.test ## Run the notebooks from top to bottom, outputs to out/notebooks (OMNI_DATA=folder|sandbox|aws)
	@python -m tests.notebooks

definitions: .venv/.test ## Rebuild what is committed of compiled code: SageMaker pipeline definitions, the functions' SQL
	python -m pipelines.definition
	python -m omnichannel.transform.compile

docs: setup ## Rebuild what pages take from the code: the data sets, costs, the APIs' definition, the picture of the app
	python -m sandbox.docs_data_sets
	python -m stacks.cost > docs/cost.md
	python -m omnichannel.api > docs/openapi.json
	cdk synth --quiet --output .build/picture $(ALL_ON)
	python -m sandbox.diagram .build/picture

synth: setup ## Synthesise the app for AWS (ENVIRONMENT=dev|staging|prod)
	cdk synth --quiet --context environment=$(ENVIRONMENT)

deploy: setup ## Deploy the app to the AWS account of your credentials (ENVIRONMENT=dev|staging|prod)
	python -m stacks.components.wheels
	cdk deploy --all --context environment=$(ENVIRONMENT)
	omni migrate --environment $(ENVIRONMENT)

destroy: setup ## Take down what `make deploy` made, and say what remains (refuses prod)
	omni destroy --environment $(ENVIRONMENT)

lock: $(filter .tools/%,$(UV)) ## Resolve and pin the Python packages anew
	$(UV) lock

clean: ## Remove what the targets installed and built
	rm -rf .venv .tools node_modules .build cdk.out
