# `make help` lists the targets. Needs Python 3.11 or newer, Rust with cargo, git and make.
.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bump site bench release clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests that build in the same place wait for each other: see `exclusive` in pyproject.toml.
WORKERS ?= 2
# A test that failed while others kept the machine busy runs once more alone; the summary names it with what failed.
AGAIN := --reruns=1 --max-suite-reruns=12 --rerun-show-tracebacks
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pyo3-new
SITE ?= $(CACHE)/site

# Every generated project builds into one place outside the checkout: pyo3 and its kin are compiled once.
export CARGO_TARGET_DIR ?= $(CACHE)/target
export CARGO_PROFILE_DEV_DEBUG ?= 0
export CARGO_INCREMENTAL ?= 0
export PATH := $(CURDIR)/$(BIN):$(PATH)

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' $(MAKEFILE_LIST)

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group test
	@touch $@

demo: $(VENV)/ready ## Make a project with every feature, build it and run its tests
	@folder=$$(mktemp -d) && cd $$folder \
	&& oldest=$$(python -c 'import sys; print("3.%d" % min(11, sys.version_info.minor))') \
	&& pyo3-new new price-tools --all --defaults --data python_min=$$oldest \
	&& cd price-tools && uv run pytest \
	&& printf '\nThe project is in %s\n' $$folder/price-tools

test: $(VENV)/ready lint ## Run all tests that fit on this machine
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=worksteal $(AGAIN)

lint: $(VENV)/ready ## Check the formatting, lints and types of this repository
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

docs: $(VENV)/ready ## Renew the code that the skills' documents show, their lists, and the guides that projects carry
	$(BIN)/python -m docs.documents

bump: $(VENV)/ready ## Raise the PyO3 that everything here is written for: make bump PYO3=0.31
	$(BIN)/python -m docs.bump $(PYO3)

site: $(VENV)/ready ## Make the site of documents, and fail if a link leads nowhere
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --conf-dir docs . $(SITE)
	@printf 'Open %s\n' $(SITE)/docs/index.html

bench: $(VENV)/ready ## Measure the command beside other ways to a project, and show it in the README
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.show

release: $(VENV)/ready ## Check that the repository is ready to be tagged
	$(BIN)/python -m tests.release

clean: ## Remove the environment and what was built
	rm -rf $(VENV) dist $(CARGO_TARGET_DIR)
