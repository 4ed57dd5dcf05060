# Every duty is one command. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MINUTES ?= 60
INSTALL_SELF = $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .

.PHONY: help run up demo test test-stack load verdict honesty soak lint format simulate mutants bench alerts evidence signals laws dashboards pictures lock clean

help: ## List the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Start the stack and book one appointment through two faults
	@$(BIN)/tallybook run

up: ## Start the stack in containers, with Grafana, Jaeger and Prometheus (needs Docker)
	@docker compose version > /dev/null 2>&1 || { echo "Docker with Compose is needed: https://docs.docker.com/engine/install"; exit 1; }
	@docker compose up --build $(ARGS)

demo: $(VENV)/.run ## Let one thing after another go wrong, and watch it live
	@$(BIN)/tallybook demo $(ARGS)

test: $(VENV)/.dev ## Set up and run the whole test suite
	@$(BIN)/pytest $(ARGS)

test-stack: $(VENV)/.dev ## Prove everything on the real Prometheus, collector, Jaeger and Loki (builds what it can, once)
	@$(BIN)/python -m tests.stack.builds
	@$(BIN)/pytest tests/stack $(ARGS)

load: $(VENV)/.dev ## Load the stack under every fault and balance its books (SCALE=full for real times)
	@$(BIN)/pytest tests/load $(if $(SCALE),--scale=$(SCALE)) $(ARGS)

verdict: $(VENV)/.dev ## Judge the last load: a page for each run, and the readiness verdict
	@for run in var/load/*/run.json; do d=$$(dirname $$run); \
	  $(BIN)/tallybook audit $$d --html $$d/audit.html > $$d/audit.txt || true; head -1 $$d/audit.txt | sed "s|^|$$d: |"; done
	@$(BIN)/tallybook verdict var/load --write var/load/verdict.md

honesty: $(VENV)/.dev ## Plant a hundred bugs, one after the other, and see whether the books show each
	@$(BIN)/pytest tests/honesty -n 3 -q $(ARGS)

soak: $(VENV)/.dev ## Watch the memory of the servers for MINUTES (60) of gentle load
	@$(BIN)/python -m tests.bench.soak --minutes $(MINUTES) $(ARGS)

lint: $(VENV)/.dev ## Style, types and the import contracts
	@$(BIN)/ruff check src tests dashboards
	@$(BIN)/ruff format --check src tests dashboards
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev ## Format the sources
	@$(BIN)/ruff check --fix src tests dashboards
	@$(BIN)/ruff format src tests dashboards

PLANS ?= 20000
SEED ?= 1
simulate: $(VENV)/.dev ## Play PLANS seeded fault plans in virtual time, from SEED on, against the model
	@$(BIN)/python -m tests.simulate --plans $(PLANS) --seed $(SEED) $(ARGS)

mutants: $(VENV)/.dev ## Break the policies one way at a time and count the breaks that no test notices
	@nice -n 10 $(BIN)/python -m tests.mutants $(ARGS)

bench: $(VENV)/.dev ## Measure against the bare floor and the peers (ratios)
	@cd tests && ../$(BIN)/python -m bench $(ARGS)

alerts: $(VENV)/.dev ## Play every scene that fires an alert, and write docs/alerts.md (needs the stack)
	@$(BIN)/python -m tests.stack.alert_table

evidence: $(VENV)/.dev ## Follow a spike to its cause on the real stack, and write docs/observing.md
	@$(BIN)/python -m tests.stack.walk

signals: $(VENV)/.run ## Write docs/signals.md from the event catalogue
	@$(BIN)/tallybook signals --write docs/signals.md

laws: $(VENV)/.run ## Write docs/laws.md from the laws of the audit
	@$(BIN)/tallybook laws --write docs/laws.md

dashboards: $(VENV)/.dev ## Write the Grafana dashboards from their generator
	@$(BIN)/python -m dashboards.generate

pictures: $(VENV)/.dev ## Draw dashboards from a real run of the stack into docs/pictures
	@$(BIN)/python -m tests.stack.drawing

lock: $(VENV)/.dev ## Pin the newest allowed versions, with hashes
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" --extra build -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --quiet --upgrade --extra dev --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" -o requirements-dev.lock

clean: ## Remove the virtual environment and what runs left behind
	@rm -rf $(VENV) var build *.egg-info src/*.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tallybook needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Creating the virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@[ -f $(VENV)/.dev ] || { echo "Installing the exact versions of requirements.lock (about half a minute)"; \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; }
	@$(INSTALL_SELF)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the exact versions of requirements-dev.lock (about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(INSTALL_SELF)
	@touch $@
