# Every target makes the environment first; one that is up to date is left as it is.
PYTHON ?= python3
BIN := .venv/bin

# One BLAS thread: the same bits whatever the machine's cores, and no fight between test workers.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: setup demo test test-long test-browser test-engine calibration lint bench docs constraints clean

setup:
	@$(PYTHON) bootstrap.py

demo: setup
	$(BIN)/varmodel demo

test: setup
	$(BIN)/python -m pytest

test-long: setup
	$(BIN)/python -m pytest -m long

# Hours on one core; goes on where it was stopped. OPTIONS="--share 0.1 --minutes 60" for less.
calibration: setup
	status=0; for what in panels sbc savings; do \
	  $(BIN)/python -m tests.calibration $$what --write $(OPTIONS) || status=1; \
	done; exit $$status

# Needs Chromium, and axe.min.js at VARMODEL_AXE: `.ci/browser` gets both.
test-browser: setup
	$(BIN)/python -m pytest -m browser

# Needs Dask, PySpark and Java: `.ci/engines` makes an environment of its own, ENGINES.
ENGINES ?= $(BIN)
test-engine: setup
	$(ENGINES)/python -m pytest -n 0 -m engine

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: setup
	$(BIN)/python -m benchmarks

# The tools of the extra `docs`, the reference and the links, the figures, the pages.
docs: setup
	UV_SYSTEM_CERTS=1 $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt \
	  -r pyproject.toml --extra docs
	$(BIN)/python -m pytest -n 0 -k docs tests/test_architecture.py
	$(BIN)/python docs/traceability.py
	$(BIN)/python docs/figures.py docs/_build/figures
	$(BIN)/python -m sphinx -W --keep-going -E -a -q -b html docs docs/_build/html
	@echo "Written to docs/_build/html/index.html"

# The versions of a new set-up; the oldest Python allowed decides. Holds no address.
constraints: setup
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.12 --upgrade \
	  --no-emit-index-url --no-header --no-annotate --quiet --output-file constraints.txt

clean:
	rm -rf out build dist docs/_build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find varmodel tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
