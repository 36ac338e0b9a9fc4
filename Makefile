# What one does with Tandem, a word each. Every target first brings .venv to requirements.lock.

PYTHON ?=
UV ?=
DATA ?= ../shared/data/northwind
WORKERS ?= logical

BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := run
.PHONY: run up test accept chaos fuzz bench lint types schemas lock setup clean

run: $(READY)  ## The whole suite in one process, with its own PostgreSQL.
	@exec $(BIN)/python -P -m tandem.runtime run

up: $(READY)  ## The same as separate processes, on a RabbitMQ and a PostgreSQL that run already.
	@exec $(BIN)/tandem up

# In the order of their names, which has the long files first: none is left to run alone at the end.
test: $(READY)  ## Every test, on all cores.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

accept: $(READY)  ## A real company poured in, in both run modes: make accept DATA=directory
	$(BIN)/tandem accept $(DATA)

chaos: $(READY)  ## Random kill -9 over every kind of process while stock must stay right.
	$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(READY)  ## Everything the published document allows and forbids, against a running suite.
	$(BIN)/python -W ignore -m tests.fuzz $(ARGS)

bench: $(READY)  ## Rates, latencies, CPU and statements of each request.
	$(BIN)/python -m bench $(ARGS)

lint: $(READY)  ## Style, layers and spelling.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/codespell

types: $(READY)
	$(BIN)/mypy

schemas: $(READY)  ## Rewrite contracts/schemas and docs/permissions.md from the declarations.
	$(BIN)/tandem schemas

lock:  ## Choose the newest allowed versions again.
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-header --no-annotate --no-emit-index-url --group dev pyproject.toml -o requirements.lock

setup: $(READY)  ## Only install.

$(READY): requirements.lock deploy/setup
	@PYTHON="$(PYTHON)" UV="$(UV)" deploy/setup $@

clean:  ## Everything that can be made again. Never var/, which holds the company's data.
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
