# Every target makes the environment first; one that is up to date is left as it is.
PYTHON ?= python3
BIN := .venv/bin

# One BLAS thread: the same bits whatever the machine's cores, and no fight between test workers.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: setup demo test test-long lint bench docs constraints clean

setup:
	@$(PYTHON) bootstrap.py

demo: setup
	$(BIN)/varmodel demo

test: setup
	$(BIN)/python -m pytest

test-long: setup
	$(BIN)/python -m pytest -m long

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: setup
	$(BIN)/python -m benchmarks

docs: setup
	$(BIN)/python -m pytest -n 0 -k docs tests/test_architecture.py

# The versions of a new set-up; the oldest Python allowed decides. Holds no address.
constraints: setup
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.12 --upgrade \
	  --no-emit-index-url --no-header --no-annotate --quiet --output-file constraints.txt

clean:
	rm -rf out build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find varmodel tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
