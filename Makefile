# The two commands of the README are `make run` and `make test`; `make help` lists the rest.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-find-links
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup run test check fix bench chaos lock jars wheel clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP)  ## virtual environment with the hash-locked dependencies

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "khabar needs Python 3.11 or newer: set PYTHON=/path/to/python" >&2; exit 3; }
	@echo "setting up $(VENV): once, a minute or two …"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: $(STAMP)  ## start everything, ingest the shipped articles, serve until Ctrl-C
	@$(BIN)/khabar up --demo

test: $(STAMP)  ## all tests, two at a time (each with a Kafka of its own: most of the time they wait)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)  ## lint, types, layer contract, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docs.py

fix: $(STAMP)  ## format and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## compare with named peers, as ratios (minutes; docs/benchmarks.md)
	$(BIN)/python -m benchmarks.harness $(BENCH)
	$(BIN)/python -m benchmarks.http
	$(BIN)/python -m benchmarks.sse

chaos: $(STAMP)  ## kill, freeze and cut off everything under load (many minutes; docs/chaos.md)
	$(BIN)/python -m tests.chaos $(CHAOS)

lock: $(STAMP)  ## pin every dependency again (hashes, no addresses)
	$(LOCK) --extra dev pyproject.toml -o requirements.lock
	$(LOCK) --constraints requirements.lock pyproject.toml -o requirements-run.lock

jars: $(STAMP)  ## pin Kafka's jars again, after a change of its version
	$(BIN)/python -m streams.broker.pin

wheel: $(STAMP)  ## build dist/*.whl
	$(BIN)/python -m build --wheel --no-isolation

clean:  ## remove what make made (not the data of khabar)
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
