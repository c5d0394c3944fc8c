# `make` alone lists what can be asked for.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
WORKERS ?= 2
# Compiled kernels are kept per state of the sources: numba itself does not see a changed callee in another file.
export NUMBA_CACHE_DIR := $(CURDIR)/var/numba/$(shell grep -rl numba src/ecoredline --include=*.py | sort | xargs cat | sha256sum | cut -c1-12)

.PHONY: help demo test lint format bench bench-platform docs serve lock clean-demo setup setup-test look

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: setup ## set up, run the main job on built-in demo data, start the platform
	@$(PY) -m ecoredline.cli demo

test: setup-test ## the whole suite, in parallel, with its own private database cluster
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

lint: setup-test ## style, import contracts, untranslated text, stale reference pages
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports --no-cache
	@$(PY) scripts/messages check
	@$(PY) scripts/formula-pages --check
	@$(PY) scripts/reference-pages --check
	@$(PY) scripts/quality-pages --check
	@$(PY) scripts/supervision-pages --check

format: setup-test ## rewrite style
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: setup-test ## speed beside the physical limit, accuracy on real pairs (real data beside the checkout)
	@$(PY) bench/speed.py
	@$(PY) bench/ecology.py
	@$(PY) bench/accuracy.py
	@$(PY) bench/admission.py
	@$(PY) bench/overlay.py

bench-platform: setup-test ## the platform at full size under 50 people, in a throw-away cluster
	@$(PY) bench/many_users.py
	@$(PY) bench/admission_web.py

serve: setup ## start the platform on what is already loaded
	@$(PY) -m ecoredline.cli serve

docs: setup-test ## generate the reference pages and build docs into site/
	@$(PY) scripts/reference-pages
	@$(PY) scripts/formula-pages
	@$(PY) scripts/quality-pages
	@$(PY) scripts/supervision-pages
	@.venv/bin/mkdocs build --strict --quiet
	@echo "site/index.html"

clean-demo: ## remove what `make demo` made, and nothing else
	@$(PY) -m ecoredline.cli clean-demo

lock: ## renew the locked requirements from requirements/*.in (needs uv)
	@for set in run dev; do uv pip compile --generate-hashes --no-header --no-emit-index-url --no-annotate \
	  --python-version 3.11 --python-platform x86_64-manylinux_2_28 -q requirements/$$set.in -o requirements/$$set.lock; done

setup:
	@scripts/setup run

setup-test:
	@scripts/setup test

look: ## also install what turns documents into pictures
	@scripts/setup look
