# Every task of the repository. `make` alone lists them.

VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
PYTHON ?= $(firstword $(shell command -v python3.11 python3))
SIZE ?= small
OUT ?= demo-data

# Test processes: as many as there are processors, each with servers of its own; one where running servers are shared.
WORKERS ?= $(if $(KAISEN_TEST_AMQP_URI)$(KAISEN_TEST_DATABASE_URL),0,$(shell nproc))

# Where the published ports of the containers are reached, when not from this shell: a command prefix.
COMPOSE_EXEC ?=

CODE := chassis services gateway sandbox embedded kaisen bench tests
SETS := services gateway sandbox embedded
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard gateway/translations/*/LC_MESSAGES/*.po))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test test-compose bench demo-data secrets lint check-style check-format check-types check-imports \
	format lock clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/tests.installed $(CATALOGUES) ## make .venv with everything to run and to test, and compile the translations

run: $(VENV)/embedded.installed $(CATALOGUES) ## run the whole system on this machine, with demo data (needs Python only)
	@exec $(BIN)/python -m embedded

test: setup ## style, types, imports, then every test (starts its own RabbitMQ and PostgreSQL)
	@$(MAKE) --no-print-directory --jobs=4 --output-sync=target lint
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test-compose: setup ## the system in containers (needs Docker with Compose)
	@test -d tests/compose || { echo "make test-compose: there is no tests/compose" >&2; exit 1; }
	@$(COMPOSE_EXEC) $(BIN)/pytest tests/compose

bench: setup ## measure the whole system under load
	@exec $(BIN)/python -m bench

demo-data: $(VENV)/embedded.installed ## write demo CSV files: SIZE=small|large OUT=folder
	@$(BIN)/python -m embedded.demo --size $(SIZE) --out $(OUT)

secrets: $(VENV)/embedded.installed ## make the keys and passwords of a Compose installation in .secrets (once)
	@bin/kaisen keys --out .secrets

lint: check-style check-format check-types check-imports ## style, format, types, who may import whom

check-style: setup
	@$(BIN)/ruff check --quiet --output-format concise .

check-format: setup
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo "make format mends this" >&2; exit 1; }

check-types: setup
	@$(BIN)/mypy $(wildcard $(CODE))

check-imports: setup
	@$(BIN)/lint-imports --no-logo

format: setup ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

# The test set contains every other one, so it is resolved first and holds the others to its versions.
lock: $(VENV)/pyvenv.cfg ## resolve requirements/*.in again (UPGRADE=1: to the newest versions)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@cd requirements && compile() { \
		../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--annotation-style line --custom-compile-command "make lock" "$$@"; } && \
	compile $(if $(UPGRADE),--upgrade) tests.in --output-file tests.txt && \
	for set in $(SETS); do compile $(if $(UPGRADE),--upgrade) $$set.in --constraints tests.txt --output-file $$set.txt || exit 1; done

clean: ## remove what the tasks made here, but for .state (the data of `make run`)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis $(CATALOGUES)
	find $(wildcard $(CODE)) -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
		{ echo "make: needs Python 3.11 with the venv module (Debian 12: apt-get install python3 python3-venv), or PYTHON=path of one" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# uv is many times faster than pip but does not read pip's configuration: where that names another index, or none,
# or where uv cannot be had, pip does the work.
$(VENV)/%.installed: requirements/%.txt | $(VENV)/pyvenv.cfg
	@echo "installing $<"
	@if ! $(BIN)/pip config list | grep -qE '\.(index-url|no-index)=' \
		&& $(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) 2>/dev/null \
		&& $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement $<; then :; \
	else $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<; fi
	@touch $@

$(VENV)/tests.installed: $(VENV)/embedded.installed

%.mo: %.po | $(VENV)/embedded.installed
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
