# `make` lists the targets. A fresh machine needs Python 3.11 or newer, make and git; `make setup` does the rest.

PORT ?= 5555
MINUTES ?= 10
ARGS ?=
UV_VERSION := 0.13.9

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
SHELL := /bin/sh

# NAME only from the command line: some systems have an environment variable NAME that means the machine.
CHAT_NAME := $(if $(filter command line,$(origin NAME)),--name '$(NAME)')

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup chat broker demo test check soak reliability format format-check lint types bench bench-peers bench-quick lock audit fuzz clean

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## makes .venv with everything in it; does nothing when nothing changed
	@:

# The stamp holds the path of this checkout: an environment that was moved or lost its Python does not work.
ifneq ($(shell test -x $(BIN)/python && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif
$(STAMP): requirements/dev.lock common/pyproject.toml broker/pyproject.toml client/pyproject.toml
	@PYTHON='$(PYTHON)' sh scripts/setup.sh

chat: setup ## opens a client here, and a broker when none runs (NAME=alice PORT=5555 ARGS=--plain)
	@$(BIN)/python scripts/chat.py '$(PORT)' $(CHAT_NAME) $(ARGS) || test $$? = 130  # Ctrl-C is one way to leave

broker: setup ## runs a broker that others can join (PORT=5555 ARGS="--title Lab")
	@exec $(BIN)/zchat-broker --port '$(PORT)' $(ARGS)

demo: setup ## lets three users talk before your eyes, and checks that each got what was his (ARGS="--pace 1")
	@exec $(BIN)/python -m demo $(ARGS)

test: setup ## runs the tests (ARGS="tests/common -k names")
	@$(BIN)/python -m pytest $(ARGS)

check: format-check lint types test ## everything a change must pass: format, lint, types, tests

soak: setup ## tries every promise against faults, again and again (MINUTES=60 ARGS="--seed 7")
	@$(BIN)/python -m tests.laboratory.soak --minutes '$(MINUTES)' $(ARGS)

reliability: setup ## makes the tables of docs/reliability.md again, 20 minutes (ARGS="--size 0.1")
	@$(BIN)/python -m tests.laboratory.soak --reliability $(ARGS)

format: setup ## rewrites the code in the house format
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix-only

format-check: setup ## fails when `make format` would change something
	@$(BIN)/ruff format --check

lint: setup ## looks for mistakes (ruff)
	@$(BIN)/ruff check

types: setup ## checks the types (mypy, strict)
	@$(BIN)/mypy

bench: setup bench-peers ## measures zchat beside its peers, 25 minutes on a quiet machine (ARGS="--only fanout")
	@exec $(BIN)/python -m benchmarks $(ARGS)

# What only the benchmarks need: peers and plots. Whatever cannot be had is named as missing in the tables.
bench-peers: setup ## installs the peers that `make bench` compares with: from PyPI, and from Debian if it may
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/bench.lock
	@sh scripts/bench_peers.sh

bench-quick: setup ## fails when zchat became slower against what does not depend on the machine (RECORD=1)
	@exec $(BIN)/python -m benchmarks.quick $(if $(RECORD),--record)

# Pins stay as they are unless the requirements ask for more; ARGS=--upgrade renews all, ARGS="--upgrade-package NAME" one.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' \
	--no-emit-package zchat-common --no-emit-package zchat-broker --no-emit-package zchat-client

lock: setup ## pins all dependencies with their hashes again (ARGS=--upgrade for the newest)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
	@$(COMPILE) $(ARGS) -o requirements/dev.lock requirements/dev.in
	@$(COMPILE) -c requirements/dev.lock -o requirements/bench.lock requirements/bench.in
	@$(COMPILE) -c requirements/dev.lock -o requirements/runtime-broker.lock requirements/runtime-broker.in
	@$(COMPILE) -c requirements/dev.lock -o requirements/runtime-client.lock requirements/runtime-client.in

audit: setup ## looks the pinned dependencies up among the known vulnerabilities (where that data can be reached)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
	@$(BIN)/python scripts/audit.py

fuzz: setup ## gives every decoder what a coverage-guided fuzzer finds (MINUTES=10)
	@$(BIN)/python scripts/fuzz.py '$(MINUTES)'

clean: ## removes .venv, caches and logs; never what a broker or client keeps
	@rm -rf $(VENV) .run .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -path ./.git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
