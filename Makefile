# Everything runs in .venv, which sets itself up from pyproject.toml and constraints.txt.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
SHARED ?= ../shared

.PHONY: demo test check format score train clean help

help:            ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)   ## run the main job on the shipped discussion
	$(BIN)/moot run --db out/demo.sqlite examples/ -o out/demo

test: $(READY)   ## run the tests
	$(BIN)/python -m pytest -n auto

check: $(READY)  ## the gate: format, lint, types, layers, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/check.py

format: $(READY) ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

score: $(READY)  ## score the exports of all annotated threads
	$(BIN)/python benchmarks/score.py --shared $(SHARED)

train: $(READY)  ## rebuild the reader's weights from the labels and the mail (needs the shared folder)
	$(BIN)/python benchmarks/train.py --shared $(SHARED)

clean:           ## remove what the targets made
	rm -rf $(VENV) out build dist
