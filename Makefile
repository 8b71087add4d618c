# `make run` shows the desk with demo data; `make test` runs every check. `make help` lists the rest.

PYTHON ?= python3
PORT ?= 8000
MINUTES ?= 10
ARGS ?=
DAYS ?= 8
BIN := .venv/bin
SCANNER := .venv-scan

.DEFAULT_GOAL := help
.PHONY: help run test clock lint types lock audit scan clean venv dev-venv scan-venv

help: ## List what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

run: venv ## Start web, worker and beat with demo data (PORT=8000)
	@CPOR_MODE=demo PORT=$(PORT) $(BIN)/python manage.py run_demo

test: dev-venv ## Run every check: lint, imports, types, SQLite, PostgreSQL, Redis, browser
	@$(BIN)/python .ci/test.py $(ARGS)

clock: venv ## Move the running demo's clock (DAYS=8; DAYS=0 shows it)
	@CPOR_MODE=demo $(BIN)/python manage.py move_clock --days $(DAYS)

lint: dev-venv ## Check style and import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: dev-venv ## Check types
	@$(BIN)/mypy

lock: dev-venv ## Rebuild the lock files (UPGRADE=1 takes newer versions)
	@for each in "requirements.lock" "requirements-dev.lock --group dev"; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-header $(if $(UPGRADE),--upgrade) \
			pyproject.toml -o $$each || exit 1; \
	done
	@for each in supply scan; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-header $(if $(UPGRADE),--upgrade) \
			--group $$each -o requirements-$$each.lock || exit 1; \
	done

audit: dev-venv ## Check hashes, licences, known vulnerabilities; write a bill of materials
	@$(BIN)/python .ci/supply.py $(ARGS)

scan: dev-venv scan-venv ## Scan the running desk for weaknesses (MINUTES=10)
	@CPOR_MODE=test $(BIN)/python -m tests.scan --minutes $(MINUTES)

clean: ## Remove the virtual environments, the demo's data and all caches
	rm -rf .venv $(SCANNER) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing. On Debian: apt-get install python3 python3-pip" >&2; exit 1; }
	@$(PYTHON) .ci/venv.py requirements.lock

dev-venv:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing. On Debian: apt-get install python3 python3-pip" >&2; exit 1; }
	@$(PYTHON) .ci/venv.py requirements-dev.lock

scan-venv:
	@$(PYTHON) .ci/venv.py requirements-scan.lock $(SCANNER)
