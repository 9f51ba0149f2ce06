# The two commands that a newcomer needs: make app, make test. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PORT ?= 8501
PYTHON ?= >=3.11,<3.14
BIN := .venv/bin
# uv from the PATH; where there is none (or one that does not run), one of our own under build/.
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo build/uv/bin/uv)
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

.PHONY: help app certificate phone test bench lint format lock env env-test env-gpu env-ray clean
.DELETE_ON_ERROR:

help: ## list these commands
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/make \1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '%-14s %s\n' "$$name" "$$text"; done

app: env ## start the app at http://localhost:8501; another port: make app PORT=8600
	@exec $(BIN)/streamlit run server.py --server.port $(PORT)

certificate: ## a certificate of your own for https, for a year; other names of this machine: NAMES=recycle.example
	@deploy/certificate.sh $(NAMES)

phone: env deploy/certificates/key.pem ## start the app over https for phones in your network, whose cameras need it
	@echo "On the phone, in the same network: https://$$(hostname -I 2>/dev/null | cut -d' ' -f1 | grep . || hostname):$(PORT) (its browser warns once)"
	@exec $(BIN)/streamlit run server.py --server.port $(PORT) --server.address 0.0.0.0 \
		--server.sslCertFile deploy/certificates/certificate.pem --server.sslKeyFile deploy/certificates/key.pem

deploy/certificates/key.pem:
	@deploy/certificate.sh $(NAMES)

test: env-test ## everything that CI runs: lint, types, import rules, tests, browser journeys
	@step() { \
		echo "── $$1: $${*:2}"; \
		"$${@:2}" || { status=$$?; echo "make test stopped at: $$1 ($${*:2})" >&2; exit $$status; }; \
	}; \
	step "lint" $(BIN)/ruff check --quiet .; \
	step "format (mend it with: make format)" $(BIN)/ruff format --quiet --check .; \
	step "types" $(BIN)/mypy; \
	step "import rules" $(BIN)/lint-imports --no-logo; \
	step "tests" $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

bench: env-test ## measure again what the documents say, in a short form; hours, with all that trains: make bench BENCH=full
	@$(BIN)/python -m benchmarks $(if $(filter full,$(BENCH)),--full)

lint: env-test ## lint, format check, types and import rules, without the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: env-test ## format the code and mend what lint can mend
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

lock: $(UV) ## pin everything anew after a change of requirements*.txt; newer versions: make lock UPGRADE=--upgrade
	$(COMPILE) $(UPGRADE) requirements.txt --output-file requirements.lock
	$(COMPILE) $(UPGRADE) requirements-dev.txt --output-file requirements-dev.lock

env: .venv/app.stamp ## the environment of the app, from requirements.lock
env-test: .venv/test.stamp ## the same with the tools, from requirements-dev.lock

env-gpu: env ## add NVIDIA's CUDA libraries to the environment, for training on a GPU (Linux)
	$(UV) pip install --python $(BIN)/python --requirement requirements-gpu.txt

env-ray: env ## add Ray to the environment, for trainings and batches on a cluster
	$(UV) pip install --python $(BIN)/python --requirement requirements-ray.txt

clean: ## remove the environment and all caches
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/app.stamp: .venv/pyvenv.cfg requirements.lock | $(UV)
	$(UV) pip install --python $(BIN)/python --require-hashes --requirement requirements.lock
	@touch $@

# Synchronised, so that tests never pass on a package that no lock names.
.venv/test.stamp: .venv/pyvenv.cfg requirements.lock requirements-dev.lock | $(UV)
	$(UV) pip sync --python $(BIN)/python --require-hashes requirements.lock requirements-dev.lock
	@touch .venv/app.stamp $@

.venv/pyvenv.cfg: | $(UV)
	$(UV) venv --quiet --clear --no-project --python '$(PYTHON)' .venv

build/uv/bin/uv:
	@echo "No uv on the PATH: putting one into build/uv."
	@python3 -m venv build/uv || { rm -rf build/uv; echo "python3 cannot make an environment. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@build/uv/bin/python -m pip install --quiet uv
