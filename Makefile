# make run    sets everything up and starts the assistant on http://localhost:5005
# make chat   talks to it in the terminal
# make test   sets everything up and runs the tests
# Nothing that has not changed is built again.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 5005
# A Python 3.10: uv's own search where this is empty (pyenv, the system, python.org's).
PYTHON ?=
# An index of CPU builds of PyTorch, for those who reach one: saves 4 GB on Linux. It must be empty for hashes to hold.
TORCH_INDEX ?=

UV_VERSION := 0.13.8
UV := .uv/bin/uv
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INDEX := models/index
ARTICLES := data/articles
export PYTHONWARNINGS ?= ignore
export TF_CPP_MIN_LOG_LEVEL ?= 3
export RASA_TELEMETRY_ENABLED ?= false
export HF_HUB_OFFLINE ?= 1
# The certificates that the machine trusts: behind a company proxy uv's own would not do.
export UV_SYSTEM_CERTS ?= true

TRAINING_FILES := config.yml domain.yml $(shell find data/nlu data/rules data/stories -type f) $(wildcard bot/components/*.py)
ARTICLE_FILES := $(shell find $(ARTICLES) data/known -type f)
INDEX_CODE := $(wildcard ingest/*.py ingest/*.yml bot/retrieval/*.py models/encoder/*) bot/clouds.py bot/clouds.yml \
	bot/encoder.py bot/index.py bot/languages.py bot/languages.tsv bot/locales.py bot/store.py bot/text.py bot/types.py

.PHONY: help run chat test ready setup index model bench lint lock clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# The model and the index are made side by side.
ready: $(INSTALLED)
	$(MAKE) --no-print-directory --jobs=2 models/.trained models/.indexed

run: ready
	$(BIN)/guide serve --port $(PORT)

chat: ready
	$(BIN)/guide chat

# In two processes, in the order of tests/conftest.py.
test: ready
	$(BIN)/ruff check .
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

bench: ready
	$(BIN)/python benchmarks/turn_latency.py

setup: $(INSTALLED)
model: models/.trained
index: models/.indexed

lint: $(INSTALLED)
	$(BIN)/ruff check .

# uv installs everything from the lock; it comes from PyPI into a corner of its own.
$(UV):
	python3 -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(INSTALLED): requirements.txt pyproject.toml | $(UV)
	test -x $(BIN)/python || $(UV) venv --quiet --python "$(or $(PYTHON),3.10)" $(VENV)
ifeq ($(TORCH_INDEX),)
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.txt
else
	grep -vE '^(nvidia|cuda)-|^torch==|^    --hash' requirements.txt | sed 's/ \\$$//' > $(VENV)/cpu.txt
	$(UV) pip install --quiet --python $(BIN)/python "$$(sed -nE 's/^(torch==[0-9.]+).*/\1/p' requirements.txt)" --index $(TORCH_INDEX)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -r $(VENV)/cpu.txt
endif
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

models/.trained: $(TRAINING_FILES) | $(INSTALLED)
	$(BIN)/rasa train --quiet --out models --fixed-model-name assistant
	touch $@

models/.indexed: $(ARTICLE_FILES) $(INDEX_CODE) guide.yml | $(INSTALLED)
	$(BIN)/guide ingest $(ARTICLES) --index $(INDEX)
	touch $@

lock: | $(UV)
	$(UV) pip compile pyproject.toml --extra dev --universal --python-version 3.10 --generate-hashes \
		--output-file requirements.txt --custom-compile-command "make lock" --quiet

clean:
	rm -rf $(VENV) .uv models/.trained models/.indexed models/index models/*.tar.gz results
