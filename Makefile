# The two commands: `make quickstart` and `make test`. Each makes .venv, installs what it needs, does its work.
PYTHON ?= python3
BIN := .venv/bin
# torch is named with its version so that the pinned build is chosen whatever else asks for it.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
TORCH := "$(shell grep '^torch==' constraints.txt)"

.PHONY: quickstart test lint types clean

quickstart: .venv/installed
	$(BIN)/jium quickstart

test: .venv/installed-dev lint types
	OMP_NUM_THREADS=1 $(BIN)/pytest  # a worker a core, a thread each

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/installed-dev
	$(BIN)/mypy

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "jium needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) $(TORCH) -e ".[all]"
	touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) $(TORCH) -e ".[dev]"
	touch $@ .venv/installed

clean:
	rm -rf .venv build dist quickstart
