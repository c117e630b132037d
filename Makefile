# PROMURA: `make run` starts everything, `make test` proves it. Nothing to install by
# hand but Python 3.11 or newer.

PYTHON ?= python3
BIN := .venv/bin
DEMO ?= 1
# Not HOST alone: shells and containers set it to the machine's name.
export PORT ?= 8000
ifeq ($(origin HOST),undefined)
HOST := 127.0.0.1
endif
export HOST

# Installed once for each state of the pins.
PINS := $(shell cat requirements.txt constraints.txt requirements-dev.txt | cksum | cut -d' ' -f1)
RUNTIME := .venv/.runtime-$(PINS)
TESTING := .venv/.testing-$(PINS)
BLUESKY := tests/bluesky/node_modules/.installed-$(shell cksum < tests/bluesky/package-lock.json | cut -d' ' -f1)
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: help run serve install prepare test test-bluesky crash check format bench bench-suggestions clean

help:
	@echo "make run      set up whatever is missing, then start everything"
	@echo "make serve    start everything, without setting up and without demo data"
	@echo "make install  set up alone (quick when nothing has changed)"
	@echo "make test     run the tests (TEST_DATABASE_URL: on PostgreSQL)"
	@echo "make test-bluesky  post to Bluesky's own server; needs Node 20, takes a while once"
	@echo "make crash    kill publishers a hundred times on both databases; takes a while"
	@echo "make check    formatting, types, layers, deployment settings, migrations"
	@echo "make bench    print how fast the main calls are, and how many posts go out a second"

run: install
	@if [ "$(DEMO)" != 0 ]; then $(BIN)/python manage.py load_demo --if-empty; fi
	@$(MAKE) --no-print-directory serve

serve:
	@$(BIN)/python manage.py welcome
	@exec $(BIN)/honcho -d . -f deploy/Procfile start

install: $(RUNTIME)
	@$(BIN)/python manage.py prepare

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "PROMURA needs Python 3.11 or newer; set PYTHON=/path/to/it."; exit 1; }
	@echo "Making the virtual environment …"
	@$(PYTHON) -m venv .venv

$(RUNTIME): $(BIN)/python
	@echo "Installing the pinned requirements …"
	@$(PIP) install -r requirements.txt
	@rm -f .venv/.runtime-*
	@touch $@

$(TESTING): $(BIN)/python
	@echo "Installing what the tests need …"
	@$(PIP) install -r requirements-dev.txt
	@deploy/install-chromium
	@rm -f .venv/.testing-* && touch $@

test: $(TESTING)
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

$(BLUESKY):
	@command -v npm >/dev/null || { echo "Bluesky's server needs Node 20 with npm."; exit 1; }
	@echo "Installing Bluesky's server for the tests …"
	@cd tests/bluesky && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# With TEST_DATABASE_URL and TEST_CACHE_URL an AppView runs too, and counts likes.
test-bluesky: $(TESTING) $(BLUESKY)
	$(BIN)/python -m pytest -rs tests/bluesky $(ARGS)

# In full what `make test` tries in short; writes the figures of docs/reliability.md.
crash: $(TESTING)
	$(BIN)/python -m tests.scheduling.crash.full $(ARGS)

check: $(TESTING)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy promura_site library templates_app scheduling metrics
	$(BIN)/djlint --check --lint promura_site library templates_app scheduling metrics
	$(BIN)/lint-imports
	deploy/check-production
	PROMURA_DATA_DIR=var/check $(BIN)/python manage.py makemigrations --check --dry-run

format: $(TESTING)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet promura_site library templates_app scheduling metrics

bench: $(TESTING)
	$(BIN)/python bench/run.py $(ARGS)

# After 10,000 posts and after a million; takes some twenty minutes.
bench-suggestions: $(TESTING)
	$(BIN)/python bench/history_import.py
	$(BIN)/python bench/suggestions.py $(ARGS)
	$(BIN)/python bench/publishing.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
